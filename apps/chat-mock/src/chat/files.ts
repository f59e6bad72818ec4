import type { FileLimits } from "../options.ts";
import { clientOf, type Session } from "../session.ts";
import type { FileUse } from "../store/file-table.ts";
import { limitsNotice, refusedBy, successAnswer } from "./answer.ts";
import type { UploadedFile } from "./form.ts";
import { keyOf, onOpenSession, onSession, type Operation, type OperationParts } from "./operation.ts";
import { userDataOf } from "./parameters.ts";
import { RequestFault } from "./request-fault.ts";

/** `file/limits`: a notice with the limits and what of them is used, all as strings (c.4). */
export function fileLimitsOperation(parts: OperationParts): Operation {
  const { store, settings } = parts;
  return {
    path: "/:service/:chatId/file/limits",
    faulted: "file",
    execute: (call) =>
      onOpenSession(parts, call, (session) => {
        const limits = limitStrings(settings.fileLimits, store.files.use(session.chatId));
        return successAnswer(session, { events: [limitsNotice(limits)] });
      }),
  };
}

/** `file`: stores the part named `file` and answers its id as top-level `userData["file-id"]`. */
export function uploadOperation(parts: OperationParts): Operation {
  const { store, settings, sessions } = parts;
  return {
    path: "/:service/:chatId/file",
    faulted: "file",
    isMultipartTaken: true,
    execute: (call) => {
      keyOf(call);
      const { file } = call;
      if (file === null) throw new RequestFault(400, "multipart/form-data with a part named file is required");
      return onOpenSession(parts, call, (session) => {
        const excess = excessOf(settings.fileLimits, { session, file, use: store.files.use(session.chatId) });
        if (excess !== null) return refusedBy(session, excess);
        const fileId = settings.random.token(12);
        store.files.insert(session.chatId, { fileId, isClients: true, ...file });
        const known = {
          "file-id": fileId,
          "file-name": file.name,
          "file-size": String(file.bytes.byteLength),
          "file-type": file.mime,
        };
        const userData = { ...userDataOf(call.parameters), ...known };
        const event = { from: clientOf(session), type: "FileUploaded" as const, text: file.name, userData };
        sessions.append(session, event, call.caller);
        return successAnswer(session, { userData: { "file-id": fileId } });
      });
    },
  };
}

/** `file/{id}/download`: the bytes, of an ended session too; statusCode 2 as JSON when there is no such file. */
export function downloadOperation(parts: OperationParts): Operation {
  const { store, settings } = parts;
  return {
    path: "/:service/:chatId/file/:fileId/download",
    faulted: "file",
    execute: (call) =>
      onSession(parts, call, (session) => {
        const file = store.files.find(session.chatId, call.fileId);
        if (file === null) return refusedBy(session, "no such file in this chat");
        if (store.files.use(session.chatId).downloads >= settings.fileLimits.downloadsMax) {
          return refusedBy(session, "no download is left in this chat");
        }
        store.files.countDownload(session.chatId, file.fileId);
        return { kind: "file", name: file.name, mime: file.mime, bytes: file.bytes };
      }),
  };
}

/** `file/{id}/delete`: removes one of the client's own files. */
export function deleteFileOperation(parts: OperationParts): Operation {
  const { store, settings, sessions } = parts;
  return {
    path: "/:service/:chatId/file/:fileId/delete",
    faulted: "file",
    execute: (call) =>
      onOpenSession(parts, call, (session) => {
        const file = store.files.find(session.chatId, call.fileId);
        if (file === null || !file.isClients) return refusedBy(session, "no such file of this client");
        if (!settings.fileLimits.isDeleteAllowed) return refusedBy(session, "files cannot be deleted here");
        store.files.delete(session.chatId, file.fileId);
        const userData = { "file-id": file.fileId, "file-name": file.name };
        sessions.append(session, { from: clientOf(session), type: "FileDeleted", text: file.name, userData });
        return successAnswer(session);
      }),
  };
}

function limitStrings(limits: FileLimits, use: FileUse): Record<string, string> {
  return {
    "upload-max-files": String(limits.filesMax),
    "upload-max-file-size": String(limits.fileBytesMax),
    "upload-max-total-size": String(limits.totalBytesMax),
    "upload-need-agent": String(limits.needsAgent),
    "upload-file-types": limits.types.join(":"),
    "download-attempts": String(limits.downloadsMax),
    "used-upload-max-files": String(use.files),
    "used-upload-max-total-size": String(use.bytes),
    "used-download-attempts": String(use.downloads),
    "delete-file": String(limits.isDeleteAllowed),
  };
}

/** The limit that an upload breaks, as a sentence; null when it breaks none. */
function excessOf(
  limits: FileLimits,
  { session, file, use }: { session: Session; file: UploadedFile; use: FileUse },
): string | null {
  const ending = file.name.includes(".") ? file.name.slice(file.name.lastIndexOf(".") + 1).toLowerCase() : "";
  if (limits.needsAgent && !session.agent.isPresent) return "files are taken only while an agent is here";
  if (limits.types.length > 0 && !limits.types.includes(ending)) return `files of type "${ending}" are not taken`;
  if (file.bytes.byteLength > limits.fileBytesMax) return `a file has at most ${limits.fileBytesMax} bytes`;
  if (use.files >= limits.filesMax) return `a chat has at most ${limits.filesMax} files`;
  if (use.bytes + file.bytes.byteLength > limits.totalBytesMax) {
    return `the files of a chat have at most ${limits.totalBytesMax} bytes`;
  }
  return null;
}
