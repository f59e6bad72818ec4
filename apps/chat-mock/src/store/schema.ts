/**
 * Tables of the store. `ledger` has the one total order over all servers: its rows are written in the same transaction as
 * what they tell of, and sqlite has one writer at a time.
 */
export const schema = `
CREATE TABLE IF NOT EXISTS sessions (
  chatId TEXT PRIMARY KEY, secureKey TEXT NOT NULL, userId TEXT NOT NULL, service TEXT NOT NULL, openedAt INTEGER NOT NULL,
  alias TEXT NOT NULL, nickname TEXT NOT NULL, conversation TEXT, server TEXT NOT NULL,
  lastRequestAt INTEGER NOT NULL, lastActivityAt INTEGER NOT NULL, endedBy TEXT, endedAt INTEGER,
  nextIndex INTEGER NOT NULL, userData TEXT NOT NULL, agent TEXT NOT NULL, agentDueAt INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessionsOpen ON sessions(lastRequestAt) WHERE endedBy IS NULL;
CREATE INDEX IF NOT EXISTS sessionsEnded ON sessions(endedAt) WHERE endedBy IS NOT NULL;
CREATE INDEX IF NOT EXISTS sessionsDue ON sessions(server, agentDueAt) WHERE agentDueAt IS NOT NULL;
CREATE TABLE IF NOT EXISTS events (
  chatId TEXT NOT NULL, position INTEGER NOT NULL, type TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (chatId, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
  chatId TEXT NOT NULL, fileId TEXT NOT NULL, name TEXT NOT NULL, mime TEXT NOT NULL, isClients INTEGER NOT NULL,
  isDeleted INTEGER NOT NULL, downloads INTEGER NOT NULL, size INTEGER NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY (chatId, fileId)
);
CREATE TABLE IF NOT EXISTS ledger (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, chatId TEXT NOT NULL, conversation TEXT,
  kind TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, json TEXT NOT NULL);
`;
