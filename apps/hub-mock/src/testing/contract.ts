import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect } from "vitest";
import { parse } from "yaml";
import type { Answer, Call, RunningHub } from "./running-hub.ts";

/** The Hub contract as the project publishes it. */
export const contractFile = resolve(import.meta.dirname, "../../../../docs/hub.openapi.yaml");

interface Response {
  $ref?: string;
  content?: Record<string, { schema: object }>;
}
export interface Contract {
  paths: Record<string, Record<string, { responses: Record<string, Response> }>>;
  components: { responses: Record<string, Response>; schemas: Record<string, object> };
}

/** Statuses beyond the ones that the contract lists, each with why no listed one would be true. */
const beyond: Record<string, string> = {
  "GET /v1/channels/{channelId}/messages 400": "a query that cannot be read",
  "POST /v1/channels/{channelId}/messages/confirm 404": "no such channel, as for fetch and send",
  "POST /v1/channels/{channelId}/activity 400": "a body that cannot be read",
  "POST /v1/channels/{channelId}/activity 404": "no such channel, as for fetch and send",
  "POST /v1/media 400": "an empty file",
  "POST /v1/media 401": "the document's security applies to it",
  "GET /v1/media/{mediaId} 401": "the document's security applies to it",
};

export const contract = parse(readFileSync(contractFile, "utf8")) as Contract;
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
const compile = (schema: object): ValidateFunction => ajv.compile({ ...schema, components: contract.components });
const problem = compile(contract.components.responses["Problem"]?.content?.["application/problem+json"]?.schema ?? {});

function expectFit(validate: ValidateFunction, body: unknown): void {
  expect(validate(body) ? [] : validate.errors).toEqual([]);
}

/** Checks one answer against what the contract says about `operation`, "METHOD path". */
export function expectContract(operation: string, answer: Answer): void {
  const [method, path] = operation.split(" ") as [string, string];
  const responses = contract.paths[path]?.[method.toLowerCase()]?.responses ?? {};
  const listed = responses[answer.status];
  const reason = beyond[`${operation} ${answer.status}`];
  expect(listed ?? reason, `${operation} answered ${answer.status}, which the contract does not list`).toBeDefined();
  const isOauthError = path === "/oauth/token" && answer.status >= 400 && answer.status < 500;
  if (answer.status >= 400 && !isOauthError) {
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect(answer.body).toMatchObject({
      status: answer.status,
      title: expect.any(String),
      detail: expect.any(String),
    });
    expectFit(problem, answer.body);
  } else if (isOauthError) {
    expect(answer.body).toEqual({ error: expect.any(String), error_description: expect.any(String) });
  }
  if (answer.status === 429 || answer.status === 503) expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
  const schema = listed?.content?.["application/json"]?.schema;
  if (schema !== undefined) expectFit(compile(schema), answer.body);
}

/** Calls an operation, checks the answer against the contract and its status against the one expected. */
export async function check(
  hub: RunningHub,
  status: number,
  call: Call & { at: string; path: string },
): Promise<Answer> {
  const answer = await hub.call(call.path, { method: call.at.split(" ")[0] ?? "GET", ...call });
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status });
  expectContract(call.at, answer);
  return answer;
}
