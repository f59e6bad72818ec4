import type { ChatHandle } from "@dms/protocol";
import type { Audience, Authority, Chat, Outcome } from "@dms/rules";
import { classify, failed } from "@dms/rules";
import type { Caller, SimulatedChat } from "./chat.ts";
import type { Link } from "./links.ts";
import type { Network, Peer } from "./network.ts";

export interface ChatPortParts {
  chat: SimulatedChat;
  network: Network;
  /** One link per chat server. */
  links: ReadonlyMap<string, Link>;
  effectMs: number;
  /** Asked before a text or file is sent: a message may kill its worker before anything of it leaves. */
  onPost: (text: string) => "lives" | "dies";
}

interface Spec {
  operation: "create" | "send" | "refresh" | "typing" | "update" | "upload" | "download" | "disconnect";
  preferred: string | null;
  signal: AbortSignal;
}

/** Share of two call time-outs within which whatever is late still happens: what comes after is a stated limit. */
const lateShare = 1.9;

/** Nobody: what is called before a conversation has a holder. */
const nobody: Authority = { member: "" as Authority["member"], grant: "", stands: () => true };

/** The chat servers as one worker reaches them: a session's own server first, another one where that takes nothing. */
export function chatPort(parts: ChatPortParts): Chat {
  return new ChatPort(parts).under(nobody);
}

class ChatPort {
  readonly #parts: ChatPortParts;
  #turn = 0;

  constructor(parts: ChatPortParts) {
    this.#parts = parts;
  }

  under(authority: Authority): Chat {
    const { chat, onPost } = this.#parts;
    const call = <T>(spec: Spec, execute: (caller: Caller) => Outcome<T>): Promise<Outcome<T>> =>
      this.#call(spec, (server) => execute({ server, authority }));
    const post = <T>(text: string, send: () => Promise<Outcome<T>>): Promise<Outcome<T>> =>
      onPost(text) === "dies" ? new Promise(() => undefined) : send();
    return {
      create: (opening, signal) =>
        call({ operation: "create", preferred: null, signal }, (caller) => chat.create(caller, opening)),
      send: (handle, message, signal) =>
        post(message.text, () => call(of("send", handle, signal), (caller) => chat.send(caller, handle, message))),
      refresh: (handle, position, signal) =>
        call(of("refresh", handle, signal), (caller) => chat.refresh(caller, handle, position)),
      typing: (handle, isTyping, signal) =>
        call(of("typing", handle, signal), (caller) => chat.typing(caller, handle, isTyping)),
      upload: (handle, file, signal) =>
        post(file.name, () => call(of("upload", handle, signal), (caller) => chat.upload(caller, handle, file))),
      download: (handle, file, signal) =>
        call(of("download", handle, signal), (caller) => chat.download(caller, handle, file.id)),
      update: (handle, _userData, signal) =>
        call(of("update", handle, signal), (caller) => chat.update(caller, handle)),
      disconnect: (handle, signal) =>
        call(of("disconnect", handle, signal), (caller) => chat.disconnect(caller, handle)),
      under: (other) => this.under(other),
    };
  }

  #choose(preferred: string | null): Peer | null {
    const { chat, links } = this.#parts;
    const rotated = chat.servers.map((_, i) => chat.servers[(i + this.#turn) % chat.servers.length] as Peer);
    if (preferred === null) this.#turn++;
    const ordered = rotated.toSorted((a, b) => Number(b.name === preferred) - Number(a.name === preferred));
    const reachable = ordered.find((peer) => peer.state !== "down" && links.get(peer.name)?.isCut === false);
    return reachable ?? ordered[0] ?? null;
  }

  #call<T>({ operation, preferred, signal }: Spec, execute: (server: string) => Outcome<T>): Promise<Outcome<T>> {
    const { links, network, effectMs } = this.#parts;
    const peer = this.#choose(preferred);
    const link = peer && links.get(peer.name);
    if (!peer || !link)
      return Promise.resolve(failed(classify({ kind: "aborted", isSent: false }, "chat-session", operation)));
    return network.request({
      operation,
      audience: audiences[operation] ?? "chat-session",
      peer,
      link,
      timeoutMs: effectMs,
      signal,
      lateMsMax: effectMs * lateShare,
      // A chat server executes a post twice only if it is sent twice: nobody repeats one that may not be repeated.
      mayRepeat: operation !== "send" && operation !== "upload",
      execute: () => execute(peer.name),
    });
  }
}

const audiences: Record<string, Audience> = { create: "chat-create", download: "chat-file" };

function of(operation: Spec["operation"], handle: ChatHandle, signal: AbortSignal): Spec {
  return { operation, preferred: handle.server, signal };
}
