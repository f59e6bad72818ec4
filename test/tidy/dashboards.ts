interface Target {
  refId: string;
  expr: string;
}
interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { h: number; w: number; x: number; y: number };
  datasource?: { type: string; uid: string };
  targets?: Target[];
}
interface Dashboard {
  uid: string;
  title: string;
  schemaVersion: number;
  panels: Panel[];
  templating: { list: { name: string; type: string }[] };
  annotations: { list: { name: string; expr?: string }[] };
}

const columns = 24;

/** Every query of a dashboard with the title of its panel. */
export function queriesIn(text: string): { title: string; expr: string }[] {
  const { panels } = JSON.parse(text) as Dashboard;
  return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
}

/** What Grafana would not show, or show wrongly. */
export function dashboardFaults(text: string): string[] {
  const { panels, templating, uid, title, schemaVersion } = JSON.parse(text) as Dashboard;
  const faults: string[] = [];
  if (!uid || !title || !(schemaVersion >= 36))
    faults.push("a dashboard has uid, title and a schemaVersion of 36 or more");
  const variables = templating.list.map(({ name }) => name);
  for (const values of [panels.map(({ id }) => String(id)), panels.map((panel) => panel.title)]) {
    const doubled = values.filter((value, index) => values.indexOf(value) !== index);
    faults.push(...doubled.map((value) => `two panels are called ${value}`));
  }
  for (const panel of panels) faults.push(...panelFaults(panel, variables).map((fault) => `${panel.title}: ${fault}`));
  return [...faults, ...overlaps(panels)];
}

function panelFaults({ type, gridPos, datasource, targets = [] }: Panel, variables: readonly string[]): string[] {
  const faults: string[] = [];
  if (gridPos.x + gridPos.w > columns) faults.push(`is wider than the ${columns} columns`);
  if (type === "row") return faults;
  const [, variable] = /^\$\{(\w+)\}$/.exec(datasource?.uid ?? "") ?? [];
  if (variable === undefined || !variables.includes(variable))
    faults.push("its data source is no variable of the dashboard");
  if (targets.length === 0) faults.push("asks nothing");
  const letters = targets.map(({ refId }) => refId);
  if (new Set(letters).size !== letters.length) faults.push("two queries have one letter");
  for (const { expr } of targets) {
    const asked = expr.match(/\$(\w+)/g) ?? [];
    faults.push(
      ...asked
        .filter((name) => name !== "$__rate_interval" && !variables.includes(name.slice(1)))
        .map((name) => `${name} is no variable`),
    );
  }
  return faults;
}

function overlaps(panels: readonly Panel[]): string[] {
  return panels.flatMap((one, index) =>
    panels
      .slice(index + 1)
      .filter((other) => meet(one.gridPos, other.gridPos))
      .map((other) => `${one.title} lies over ${other.title}`),
  );
}

function meet(a: Panel["gridPos"], b: Panel["gridPos"]): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
