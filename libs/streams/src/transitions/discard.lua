-- Purpose: deletes dead letters that are done with.
-- KEYS: 1 partition prefix
-- ARGV: ids of dead letters
-- Status: discarded <count>: so many of them were there, and are gone
local discarded = 0
for i = 1, #ARGV do discarded = discarded + redis.call('XDEL', base .. 'dead', ARGV[i]) end
return { 'discarded', discarded }
