import fc from "fast-check";

/** Values that have broken parsers before: edges of numbers, half characters, names of prototypes, depth. */
const leaves: unknown[] = [
  null,
  true,
  0,
  -1,
  -0,
  0.5,
  2 ** 31,
  2 ** 53,
  1e308,
  -1e308,
  "",
  " ",
  "\u0000",
  "\ud800",
  "\udfff\ud800",
  "\ufeff",
  "..",
  "../../x",
  "a\r\nb: c",
  "${HOME}",
  "${file:/etc/passwd}",
  "__proto__",
  "constructor",
  "x".repeat(5000),
  "1".repeat(400),
  "9007199254740993",
  "2099-01-01T00:00:00Z",
  "rediss://u:p@h:1/0?x=y",
];

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? { a: value } : [value];
  return value;
}

const keys = fc.oneof(
  fc.string(),
  fc.constantFrom("__proto__", "constructor", "toJSON", "length", "hasOwnProperty", ""),
);

/** A value as JSON.parse could give it; objects get their keys as JSON gives them, `__proto__` included. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...leaves) },
  { weight: 2, arbitrary: fc.string({ unit: "binary" }) },
  { weight: 2, arbitrary: fc.double() },
  { weight: 2, arbitrary: fc.array(fc.constantFrom(...leaves), { maxLength: 5 }) },
  {
    weight: 2,
    arbitrary: fc.array(fc.tuple(keys, fc.constantFrom(...leaves)), { maxLength: 5 }).map((pairs) => ownPairs(pairs)),
  },
  { weight: 1, arbitrary: fc.constantFrom(50, 70, 3000, 20_000).map(nested) },
);

function ownPairs(pairs: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(pairs);
}

/** A good value of which some parts were replaced, taken away or doubled, the same for the same seed. */
export function spoilt(good: unknown): fc.Arbitrary<unknown> {
  const wound = fc.tuple(fc.nat(), fc.constantFrom("replace", "remove", "double", "add"), hostileValue, keys);
  return fc.array(wound, { minLength: 0, maxLength: 4 }).map((wounds) => {
    let value = structuredClone(good);
    for (const [at, kind, instead, key] of wounds) {
      const places = placesIn(value);
      const place = places[at % Math.max(1, places.length)];
      if (place === undefined) value = instead;
      else hurt(place, { kind, instead, key });
    }
    return value;
  });
}

interface PlaceOfValue {
  holder: Record<string, unknown> | unknown[];
  key: string;
}

const placesMax = 200;

function placesIn(value: unknown): PlaceOfValue[] {
  const places: PlaceOfValue[] = [];
  const waiting = [value];
  for (let next = waiting.pop(); next !== undefined && places.length < placesMax; next = waiting.pop()) {
    if (typeof next !== "object" || next === null) continue;
    for (const key of Object.keys(next)) {
      places.push({ holder: next as Record<string, unknown>, key });
      waiting.push((next as Record<string, unknown>)[key]);
    }
  }
  return places;
}

function hurt({ holder, key }: PlaceOfValue, wound: { kind: string; instead: unknown; key: string }): void {
  const held = holder as Record<string, unknown>;
  if (wound.kind === "remove") delete held[key];
  else if (wound.kind === "add" && !Array.isArray(holder) && wound.key !== "__proto__") held[wound.key] = wound.instead;
  else if (wound.kind === "double" && Array.isArray(holder)) holder.push(holder[Number(key)]);
  else held[key] = wound.instead;
}

/** Bytes of a good text or file with some cut out, turned over, doubled or put in. */
export function spoiltBytes(good: string | Buffer): fc.Arbitrary<Buffer> {
  const wound = fc.tuple(
    fc.nat(),
    fc.nat({ max: 40 }),
    fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.constant(new Uint8Array())),
  );
  return fc.array(wound, { maxLength: 4 }).map((wounds) => {
    let bytes = typeof good === "string" ? Buffer.from(good) : good;
    for (const [at, cut, put] of wounds) {
      const start = bytes.length === 0 ? 0 : at % bytes.length;
      bytes = Buffer.concat([bytes.subarray(0, start), put, bytes.subarray(start + cut)]);
    }
    return bytes;
  });
}
