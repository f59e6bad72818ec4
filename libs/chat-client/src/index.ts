export { createChatClient } from "./chat-client.ts";
export type { ChatClientOptions } from "./chat-client.ts";
export type { OutsideCall } from "@dms/http-client";
