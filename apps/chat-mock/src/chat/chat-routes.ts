import formbody from "@fastify/formbody";
import multipart from "@fastify/multipart";
import type { Clock } from "@dms/runtime";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Fault, Faults } from "../faults.ts";
import { nicknameOperation, noticeOperation, pushUrlOperation, userDataOperation } from "./announcing.ts";
import { type Answer, refusal } from "./answer.ts";
import { disconnectOperation, refreshOperation, sendOperation, typingOperation } from "./conversing.ts";
import { createOperation } from "./create.ts";
import { deleteFileOperation, downloadOperation, fileLimitsOperation, uploadOperation } from "./files.ts";
import { readForm } from "./form.ts";
import type { Call, Operation, OperationParts } from "./operation.ts";
import { RequestFault } from "./request-fault.ts";

export interface ChatRoutesParts extends OperationParts {
  faults: Faults;
}

type Params = Partial<Pick<Call, "service" | "chatId" | "fileId">>;

type Execute = () => Answer;

/**
 * Chat API Version 2 with form bodies. What the public documentation leaves open is decided so:
 *
 * | request | answer |
 * | --- | --- |
 * | parameter missing or wrong, bad multipart | HTTP 400 with `errors: [{ code, advice }]` |
 * | unknown operation, method or service | HTTP 404 with `errors` |
 * | body of another type, or too large | HTTP 415, 413 with `errors` |
 * | unknown chatId, wrong secureKey, transcript no longer kept | HTTP 200, statusCode 2, chatEnded true |
 * | refresh, disconnect, download of an ended session | HTTP 200, statusCode 0, chatEnded true |
 * | anything else of an ended session | HTTP 200, statusCode 2, chatEnded true, not executed |
 * | a file limit broken, unknown file | HTTP 200, statusCode 2, chatEnded false |
 */
export async function chatRoutes(scope: FastifyInstance, parts: ChatRoutesParts): Promise<void> {
  const { bodyBytesMax } = parts.settings;
  scope.removeAllContentTypeParsers();
  await scope.register(formbody, { bodyLimit: bodyBytesMax });
  await scope.register(multipart, { limits: { fileSize: bodyBytesMax, fieldSize: bodyBytesMax, files: 10 } });
  const late = new LateCalls(parts.settings.clock, parts.settings.onError);
  scope.addHook("preClose", async () => late.cancel());
  for (const operation of operationsOf(parts)) {
    scope.post<{ Params: Params }>(operation.path, async (request, reply) => {
      const { service = "", chatId = "", fileId = "" } = request.params;
      const form = await readForm(request, operation.isMultipartTaken === true);
      if (parts.settings.services?.includes(service) === false) throw new RequestFault(404, `no service ${service}`);
      const execute = (): Answer => operation.execute({ service, chatId, fileId, caller: callerIn(request), ...form });
      const text = form.parameters.get("message") ?? form.parameters.get("text") ?? "";
      const { latencyMs, fault } = parts.faults.strike(operation.faulted, text);
      if (latencyMs > 0) await parts.settings.clock.sleep(latencyMs);
      if (fault === null) return send(reply, execute());
      return suffer(fault, { request, reply, chatId, execute, late });
    });
  }
}

function operationsOf(parts: OperationParts): Operation[] {
  return [
    createOperation(parts),
    sendOperation(parts),
    refreshOperation(parts),
    typingOperation(parts, true),
    typingOperation(parts, false),
    disconnectOperation(parts),
    pushUrlOperation(parts),
    nicknameOperation(parts),
    noticeOperation(parts),
    userDataOperation(parts),
    fileLimitsOperation(parts),
    uploadOperation(parts),
    downloadOperation(parts),
    deleteFileOperation(parts),
  ];
}

/** The two headers by which a client may say who it is; only both together say it. */
function callerIn({ headers }: FastifyRequest): Call["caller"] {
  const member = headers["x-dms-member"];
  const grant = headers["x-dms-grant"];
  return typeof member === "string" && typeof grant === "string" ? { member, grant } : null;
}

interface Sufferer {
  request: FastifyRequest;
  reply: FastifyReply;
  chatId: string;
  execute: Execute;
  late: LateCalls;
}

function suffer(fault: Fault, { request, reply, chatId, execute, late }: Sufferer): FastifyReply {
  switch (fault.kind) {
    case "cut-before":
      return cut(request, reply);
    case "lose-reply":
      execute();
      return cut(request, reply);
    case "late":
      late.add(fault.lateMs ?? 1000, execute);
      return cut(request, reply);
    case "reject":
      return send(reply, refusal({ statusCode: 2, chatId, chatEnded: false, advice: "a fault injected by the test" }));
    case "status": {
      if (fault.isExecuted) execute();
      const statusCode = fault.statusCode ?? 1;
      return send(reply, refusal({ statusCode, chatId, chatEnded: false, advice: "a fault injected by the test" }));
    }
    default:
      if (fault.isExecuted) execute();
      if (fault.retryAfterS !== undefined) reply.header("retry-after", fault.retryAfterS);
      throw new RequestFault(fault.httpStatus ?? 503, "a fault injected by the test");
  }
}

function cut(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer.kind === "json") {
    return reply.header("content-type", "application/json; charset=utf-8").send(answer.json);
  }
  return reply
    .header("content-type", answer.mime)
    .header("content-disposition", `attachment; filename*=UTF-8''${encodeURIComponent(answer.name.toWellFormed())}`)
    .send(Buffer.from(answer.bytes.buffer, answer.bytes.byteOffset, answer.bytes.byteLength));
}

/** Requests whose client has long seen its connection break, still to be executed. */
class LateCalls {
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #cancels = new Set<() => void>();

  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#onError = onError;
  }

  add(delayMs: number, execute: Execute): void {
    const cancel = this.#clock.after(delayMs, () => {
      this.#cancels.delete(cancel);
      try {
        execute();
      } catch (error) {
        if (!(error instanceof RequestFault)) this.#onError(error);
      }
    });
    this.#cancels.add(cancel);
  }

  cancel(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}
