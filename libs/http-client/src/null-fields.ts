type Fields = Record<PropertyKey, unknown>;

function isContainer(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

/**
 * A parsed value without those of its fields, given by their paths, that are null; undefined where none of them is. Only what
 * lies on the paths is copied, each once, and the value itself stays as it came. An element of a list is no field.
 */
export function withoutNulls(value: unknown, paths: readonly (readonly PropertyKey[])[]): unknown {
  const copies = new Map<Fields, Fields>();
  const copyOf = (original: Fields): Fields => {
    const copy = copies.get(original) ?? ((Array.isArray(original) ? [...original] : { ...original }) as Fields);
    copies.set(original, copy);
    return copy;
  };
  let dropped = 0;
  for (const path of paths) {
    const owners = ownersOf(value, path);
    const [owner, field = ""] = [owners.at(-1), path.at(-1)];
    if (owner === undefined || Array.isArray(owner) || owner[field] !== null) continue;
    owners.forEach((each, i) => {
      const inner = owners[i + 1];
      if (inner !== undefined) copyOf(each)[path[i] ?? ""] = copyOf(inner);
    });
    Reflect.deleteProperty(copyOf(owner), field);
    dropped++;
  }
  return dropped > 0 && isContainer(value) ? copyOf(value) : undefined;
}

/** What holds each step of a path; empty where the path leads nowhere. */
function ownersOf(value: unknown, path: readonly PropertyKey[]): Fields[] {
  const owners: Fields[] = [];
  let inner = value;
  for (const key of path) {
    // A plain assignment to that name would be none.
    if (!isContainer(inner) || !Object.hasOwn(inner, key) || key === "__proto__") return [];
    owners.push(inner);
    inner = inner[key];
  }
  return owners;
}
