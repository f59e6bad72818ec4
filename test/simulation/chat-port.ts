import type { ChatHandle } from "@dms/protocol";
import type { Chat, Outcome } from "@dms/rules";
import { classify, failed } from "@dms/rules";
import type { SimulatedChat } from "./chat.ts";
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
  operation: "create" | "send" | "refresh" | "typing" | "upload" | "download" | "disconnect";
  preferred: string | null;
  mayRepeat: boolean;
  signal: AbortSignal;
}

/** Share of two call time-outs within which whatever is late still happens: what comes after is a stated limit. */
const lateShare = 1.9;

/** The chat servers as one worker reaches them: a session's own server first, another one where that takes nothing. */
export function chatPort({ chat, network, links, effectMs, onPost }: ChatPortParts): Chat {
  let turn = 0;
  const choose = (preferred: string | null): Peer | null => {
    const rotated = chat.servers.map((_, i) => chat.servers[(i + turn) % chat.servers.length] as Peer);
    if (preferred === null) turn++;
    const ordered = rotated.toSorted((a, b) => Number(b.name === preferred) - Number(a.name === preferred));
    const reachable = ordered.find((peer) => peer.state !== "down" && links.get(peer.name)?.isCut === false);
    return reachable ?? ordered[0] ?? null;
  };
  const call = <T>(spec: Spec, execute: (server: string) => Outcome<T>): Promise<Outcome<T>> => {
    const peer = choose(spec.preferred);
    const link = peer && links.get(peer.name);
    if (!peer || !link)
      return Promise.resolve(failed(classify({ kind: "aborted", isSent: false }, "chat-session", "")));
    const audience =
      spec.operation === "create" ? "chat-create" : spec.operation === "download" ? "chat-file" : "chat-session";
    return network.request({
      operation: spec.operation,
      audience,
      peer,
      link,
      timeoutMs: effectMs,
      signal: spec.signal,
      lateMsMax: effectMs * lateShare,
      mayRepeat: spec.mayRepeat,
      execute: () => execute(peer.name),
    });
  };
  const of = (operation: Spec["operation"], handle: ChatHandle, signal: AbortSignal): Spec => ({
    operation,
    preferred: handle.server,
    // A chat server executes a post twice only if it is sent twice: nobody repeats one that may not be repeated.
    mayRepeat: operation !== "send" && operation !== "upload",
    signal,
  });
  return {
    create: (opening, signal) =>
      call({ operation: "create", preferred: null, mayRepeat: true, signal }, (server) => chat.create(server, opening)),
    send: (handle, post, signal) => {
      if (onPost(post.text) === "dies") return new Promise(() => undefined);
      return call(of("send", handle, signal), (server) => chat.send(server, handle, post));
    },
    refresh: (handle, position, signal) =>
      call(of("refresh", handle, signal), (server) => chat.refresh(server, handle, position)),
    typing: (handle, isTyping, signal) =>
      call(of("typing", handle, signal), (server) => chat.typing(server, handle, isTyping)),
    upload: (handle, file, signal) => {
      if (onPost(file.name) === "dies") return new Promise(() => undefined);
      return call(of("upload", handle, signal), (server) => chat.upload(server, handle, file));
    },
    download: (handle, fileId, signal) =>
      call(of("download", handle, signal), (server) => chat.download(server, handle, fileId)),
    disconnect: (handle, signal) => call(of("disconnect", handle, signal), (server) => chat.disconnect(server, handle)),
  };
}
