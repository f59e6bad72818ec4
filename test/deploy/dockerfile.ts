/** One instruction with its continued lines joined. */
export interface Instruction {
  word: string;
  rest: string;
}

export function readDockerfile(text: string): Instruction[] {
  return text
    .replace(/^\s*#.*\n/gm, "")
    .replace(/\\\n\s*/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, word = "", rest = ""] = /^\s*([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      return { word, rest };
    });
}

interface FileRule {
  says: string;
  holds: (file: { text: string; instructions: Instruction[]; last: Instruction[] }) => boolean;
}

const every = (instructions: readonly Instruction[], word: string, fits: (rest: string) => boolean): boolean =>
  instructions.filter((each) => each.word === word).every(({ rest }) => fits(rest));
const some = (instructions: readonly Instruction[], word: string, fits: (rest: string) => boolean): boolean =>
  instructions.some((each) => each.word === word && fits(each.rest));

/** What must hold for the one Dockerfile, each with the reason in its words. */
export const fileRules: readonly FileRule[] = [
  { says: "no syntax line: it would fetch a frontend image", holds: ({ text }) => !/^# *syntax/m.test(text) },
  { says: "no heredoc: engines before 23 cannot read it", holds: ({ text }) => !/<<-?["']?[A-Z]/.test(text) },
  {
    says: "bases are arguments, so that a build can bring its own",
    holds: ({ instructions }) =>
      every(instructions, "FROM", (rest) => /^\$\{(BUILD_)?BASE\}( AS [a-z]+)?$|^scratch AS bare$/.test(rest)),
  },
  {
    says: "packages come from the lock file, without those of development and without their scripts",
    holds: ({ instructions }) =>
      some(instructions, "RUN", (rest) => /npm ci --omit=dev .*--ignore-scripts/.test(rest)) &&
      every(instructions, "RUN", (rest) => !/npm (install|i|add) /.test(rest)),
  },
  {
    says: "nothing is fetched from elsewhere",
    holds: ({ instructions }) =>
      every(instructions, "ADD", () => false) && every(instructions, "RUN", (rest) => !/curl|wget|apt-get/.test(rest)),
  },
  {
    says: "the last stage runs nothing: its base may have no shell",
    holds: ({ last }) => every(last, "RUN", () => false),
  },
  {
    says: "the user is a number over 0: Kubernetes cannot read names",
    holds: ({ last }) => some(last, "USER", (rest) => /^[1-9]\d*:[1-9]\d*$/.test(rest)),
  },
  {
    says: "the entry point is Node itself: a shell would swallow signals",
    holds: ({ last }) => some(last, "ENTRYPOINT", (rest) => rest === '["node", "src/main.ts"]'),
  },
  { says: "arguments are a list", holds: ({ last }) => every(last, "CMD", (rest) => rest.startsWith("[")) },
  {
    says: "a health check without a shell",
    holds: ({ last }) =>
      some(last, "HEALTHCHECK", (rest) => rest.endsWith(` CMD ["node", "/app/libs/runtime/src/health-check.ts"]`)),
  },
  {
    says: "the labels of the OCI: title, description, version, revision, source, created, licenses",
    holds: ({ last }) =>
      ["title", "description", "version", "revision", "source", "created", "licenses"].every((label) =>
        some(last, "LABEL", (rest) => rest.includes(`org.opencontainers.image.${label}=`)),
      ),
  },
  {
    says: "Node runs for production, with its cache filled by the build",
    holds: ({ last }) =>
      some(last, "ENV", (rest) => /NODE_ENV=production/.test(rest) && /NODE_COMPILE_CACHE=/.test(rest)),
  },
  {
    says: "revision, source and date are arguments and empty by default: a guess would be a wrong label",
    holds: ({ last }) =>
      ["revision", "source", "created"].every(
        (label) =>
          some(last, "ARG", (rest) => rest === `${label.toUpperCase()}=`) &&
          some(last, "LABEL", (rest) => rest.includes(`.${label}="\${${label.toUpperCase()}}"`)),
      ),
  },
];

export function dockerfileFaults(text: string): string[] {
  const instructions = readDockerfile(text);
  const last = instructions.slice(instructions.findLastIndex(({ word }) => word === "FROM"));
  return fileRules
    .filter(({ holds }) => !holds({ text, instructions, last }))
    .map(({ says }) => `deploy/Dockerfile: ${says}`);
}
