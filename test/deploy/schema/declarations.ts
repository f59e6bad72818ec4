import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAst } from "rolldown/parseAst";
import { isNode, nameOf } from "../../tidy/syntax.ts";
import type { SyntaxNode } from "../../tidy/syntax.ts";

/** A type of a declaration file, as far as manifests need it. */
export type Shape =
  | { kind: "text" | "number" | "boolean" | "anything" }
  | { kind: "word"; word: string }
  | { kind: "list"; element: Shape }
  | { kind: "map"; element: Shape }
  | { kind: "choice"; shapes: Shape[] }
  | { kind: "object"; name: string; fields: ReadonlyMap<string, { shape: Shape; isOptional: boolean }> }
  | { kind: "named"; name: string; file: string };

const packageFolder = dirname(createRequire(import.meta.url).resolve("kubernetes-types/package.json"));
const ownFile = fileURLToPath(new URL("custom-resources.ts", import.meta.url));
const known = new Map<string, ReadonlyMap<string, Shape>>();

/**
 * The declared type of a kind. Kubernetes' own come from the package `kubernetes-types`, whose declarations are made from the
 * API's OpenAPI document: read as data they say at run time what the compiler would say of a literal, unknown fields
 * included. The API server's JSON schemas allow those, and no package with them is smaller than 20 MB.
 */
export function shapeOfKind(apiVersion: string, kind: string): Shape | undefined {
  const [group = "", version] = apiVersion.includes("/") ? apiVersion.split("/") : ["core", apiVersion];
  const isCustom = group === "keda.sh" || group === "monitoring.coreos.com";
  const file = isCustom ? ownFile : join(packageFolder, group.split(".")[0] ?? "", `${version}.d.ts`);
  return typesIn(file).get(kind);
}

/** Follows a name to what it stands for. */
export function resolved(shape: Shape): Exclude<Shape, { kind: "named" }> {
  if (shape.kind !== "named") return shape;
  const target = typesIn(shape.file).get(shape.name);
  if (target === undefined) throw new Error(`${shape.file}: ${shape.name} is not declared`);
  return resolved(target);
}

function typesIn(file: string): ReadonlyMap<string, Shape> {
  const before = known.get(file);
  if (before !== undefined) return before;
  const types = new Map<string, Shape>();
  known.set(file, types);
  const text = textOf(file);
  if (text === undefined) return types;
  const { body } = parseAst(text, { lang: "ts" }, file) as unknown as { body: SyntaxNode[] };
  for (const statement of body) {
    if (statement.type === "ImportDeclaration")
      for (const [name, shape] of imported(statement, file)) types.set(name, shape);
    const declared = statement["declaration"] ?? statement;
    if (!isNode(declared)) continue;
    const name = nameOf(declared["id"]) ?? "";
    if (declared.type === "TSInterfaceDeclaration") types.set(name, objectOf(declared["body"], name, file));
    if (declared.type === "TSTypeAliasDeclaration") types.set(name, shapeOf(declared["typeAnnotation"], file));
  }
  return types;
}

/** A group that nobody declares has no kinds. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (caught) {
    if ((caught as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw caught;
  }
}

function imported(statement: SyntaxNode, file: string): [string, Shape][] {
  const source = nameOf(statement["source"]) ?? "";
  const target = source.startsWith(".")
    ? join(dirname(file), `${source}.d.ts`)
    : join(packageFolder, `${source.replace(/^kubernetes-types\/|\.js$/g, "")}.d.ts`);
  return (statement["specifiers"] as SyntaxNode[]).map((each) => {
    const name = nameOf(each["imported"]) ?? "";
    return [name, { kind: "named", name, file: target }];
  });
}

function objectOf(body: unknown, name: string, file: string): Shape {
  const fields = new Map<string, { shape: Shape; isOptional: boolean }>();
  const members = isNode(body) ? ((body["body"] ?? body["members"]) as SyntaxNode[]) : [];
  for (const member of members) {
    const shape = shapeOf(
      isNode(member["typeAnnotation"]) ? member["typeAnnotation"]["typeAnnotation"] : undefined,
      file,
    );
    if (member.type === "TSIndexSignature") return { kind: "map", element: shape };
    fields.set(nameOf(member["key"]) ?? "", { shape, isOptional: member["optional"] === true });
  }
  // RawExtension and the like: any object.
  return fields.size === 0 ? { kind: "anything" } : { kind: "object", name, fields };
}

const keywords: Record<string, "text" | "number" | "boolean" | "anything"> = {
  TSStringKeyword: "text",
  TSNumberKeyword: "number",
  TSBooleanKeyword: "boolean",
  TSAnyKeyword: "anything",
  TSUnknownKeyword: "anything",
};

function shapeOf(type: unknown, file: string): Shape {
  if (!isNode(type)) return { kind: "anything" };
  const keyword = keywords[type.type];
  if (keyword !== undefined) return { kind: keyword };
  switch (type.type) {
    case "TSLiteralType":
      return { kind: "word", word: nameOf(type["literal"]) ?? "" };
    case "TSUnionType":
      return { kind: "choice", shapes: (type["types"] as unknown[]).map((each) => shapeOf(each, file)) };
    case "TSArrayType":
      return { kind: "list", element: shapeOf(type["elementType"], file) };
    case "TSTypeLiteral":
      return objectOf(type, "object", file);
    case "TSTypeReference":
      return referenceOf(type, file);
    default:
      throw new Error(`${file}: a type of the form ${type.type} is not understood`);
  }
}

function referenceOf(type: SyntaxNode, file: string): Shape {
  const name = nameOf(type["typeName"]) ?? "";
  const parameters = isNode(type["typeArguments"]) ? (type["typeArguments"]["params"] as unknown[]) : [];
  if (name === "Array") return { kind: "list", element: shapeOf(parameters[0], file) };
  if (name === "Record") return { kind: "map", element: shapeOf(parameters[1], file) };
  return { kind: "named", name, file };
}
