import { z } from "zod";

/**
 * The part of Kustomize that the manifests may use. Whatever else a kustomization.yaml says is refused, so that the renderer
 * never leaves something out in silence: teach `render.ts` first, and see that it still agrees with the real one.
 */
const generator = z.strictObject({
  name: z.string(),
  behavior: z.enum(["create", "merge", "replace"]).default("create"),
  files: z.array(z.string()).default([]),
  literals: z.array(z.string().regex(/^[^=]+=/)).default([]),
});

const target = z.strictObject({ kind: z.string().optional(), name: z.string().optional() });

const operation = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("add"), path: z.string(), value: z.unknown() }),
  z.strictObject({ op: z.literal("replace"), path: z.string(), value: z.unknown() }),
  z.strictObject({ op: z.literal("remove"), path: z.string() }),
]);

export const operationsSchema = z.array(operation);
export type Operation = z.infer<typeof operation>;

export const kustomizationSchema = z.strictObject({
  apiVersion: z.enum(["kustomize.config.k8s.io/v1beta1", "kustomize.config.k8s.io/v1alpha1"]),
  kind: z.enum(["Kustomization", "Component"]),
  namespace: z.string().optional(),
  resources: z.array(z.string()).default([]),
  components: z.array(z.string()).default([]),
  configMapGenerator: z.array(generator).default([]),
  secretGenerator: z.array(generator).default([]),
  labels: z
    .array(
      z.strictObject({
        pairs: z.record(z.string(), z.string()),
        includeSelectors: z.literal(false).default(false),
        includeTemplates: z.boolean().default(false),
      }),
    )
    .default([]),
  images: z
    .array(z.strictObject({ name: z.string(), newName: z.string().optional(), newTag: z.string().optional() }))
    .default([]),
  replicas: z.array(z.strictObject({ name: z.string(), count: z.int().min(0) })).default([]),
  patches: z.array(z.strictObject({ target, path: z.string().optional(), patch: z.string().optional() })).default([]),
});

export type Kustomization = z.infer<typeof kustomizationSchema>;
export type Generator = z.infer<typeof generator>;
export type Target = z.infer<typeof target>;
