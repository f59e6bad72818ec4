/** One thing that an agent is going to do, not before `at` (wall clock milliseconds). */
export interface AgentStep {
  at: number;
  kind: "join" | "typing-started" | "typing-stopped" | "text" | "structured" | "file" | "leave";
}

/** An agent's behaviour as stored with its session, so that it goes on at whichever server holds the session. */
export interface AgentState {
  /** State of the SeededRandom that this agent's chance comes from. */
  seed: number;
  nickname: string;
  isPresent: boolean;
  /** Texts, structured messages and files so far; the last marker's number. */
  said: number;
  /** In the order in which they will be done. */
  steps: AgentStep[];
}
