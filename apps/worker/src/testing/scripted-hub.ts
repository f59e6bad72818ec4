import { type Media, mediaSchema, type OutboundActivity, type OutboundMessage } from "@dms/protocol";
import { type FetchedMessage, type FileContent, type Hub, type Outcome, succeeded } from "@dms/rules";
import { CallScript, conflicting, within } from "./call-script.ts";

/** The hub as a worker meets it: an outbox under idempotency keys, files, and calls with the fate that a test scripts. */
export class ScriptedHub implements Hub {
  readonly script = new CallScript();
  /** What customers got, in order, each with its key. */
  readonly outbox: { key: string; message: OutboundMessage }[] = [];
  readonly activities: string[] = [];
  readonly files = new Map<string, FileContent>();

  /** Texts, or names of files, that customers got, in order. */
  get sent(): string[] {
    return this.outbox.map(({ message }) => message.text ?? `file ${message.media?.[0]?.name ?? ""}`);
  }

  fetch(): Promise<Outcome<FetchedMessage[]>> {
    throw new Error("a worker never fetches");
  }

  confirm(): Promise<Outcome<number>> {
    throw new Error("a worker never confirms");
  }

  send(
    message: OutboundMessage,
    key: string,
    signal: AbortSignal,
  ): Promise<Outcome<{ id: string; replayed: boolean }>> {
    const execute = (): Outcome<{ id: string; replayed: boolean }> => {
      const before = this.outbox.findIndex((sent) => sent.key === key);
      if (before < 0) this.outbox.push({ key, message });
      else if (JSON.stringify(this.outbox[before]?.message) !== JSON.stringify(message)) {
        return conflicting({ execute, signal }) as Outcome<never>;
      }
      return succeeded({ id: `out-${before < 0 ? this.outbox.length : before + 1}`, replayed: before >= 0 });
    };
    return this.script.play("send", message.text ?? message.type, { execute, signal });
  }

  activity(activity: OutboundActivity, signal: AbortSignal): Promise<Outcome<null>> {
    const execute = (): Outcome<null> => {
      this.activities.push(activity.kind);
      return succeeded(null);
    };
    return this.script.play("activity", activity.kind, { execute, signal });
  }

  upload(file: FileContent, signal: AbortSignal): Promise<Outcome<Media>> {
    const execute = (): Outcome<Media> => {
      const id = `hub-${this.files.size + 1}`;
      this.files.set(id, file);
      return succeeded(mediaSchema.parse({ id, name: file.name, mime: file.mime }));
    };
    return this.script.play("upload", file.name, { execute, signal });
  }

  download(media: Media, signal: AbortSignal, bytesMax?: number): Promise<Outcome<FileContent>> {
    const content = { name: media.name ?? media.id, mime: media.mime ?? "", bytes: Buffer.from(media.id) };
    const execute = (): Outcome<FileContent> => within(bytesMax, content);
    return this.script.play("download", media.id, { execute, signal });
  }
}
