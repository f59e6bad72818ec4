/** Unwinds a lane whose conversation is no longer this member's to act on. Caught where the lane began, nowhere else. */
export class Dropped extends Error {
  constructor() {
    super("the conversation was dropped");
    this.name = "Dropped";
  }
}
