import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pairs, readStages, replaced, type Stage } from './dockerfile.js';

/** What a stage has come to. */
interface Made {
  readonly root: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}
export interface ReplayedImage extends Made {
  /** Steps that change the operating system, not the application, and are not replayed. */
  readonly left: readonly string[];
}

const EMPTY: Omit<Made, 'root'> = { environment: {}, folder: '/', user: '', entrypoint: [], command: [] };
/** A step that names a path from the root would change this machine. */
const OF_SYSTEM = /(^|[\s"'=])\/\w|\bapt-get\b/;

/** Replays Dockerfiles without a container engine: each stage in a folder, COPY as it would be, RUN as commands in it. */
export class ImageReplay {
  private readonly home = mkdtempSync(join(tmpdir(), 'parlance-images-'));
  private readonly made = new Map<string, Made>();
  private readonly left: string[] = [];
  private readonly programs = join(this.home, 'bin');

  /** @param context  the folder that is sent to the builder */
  constructor(private readonly context: string) {
    mkdirSync(this.programs);
    // The images' Node is the one that the repository runs on.
    symlinkSync(process.execPath, join(this.programs, 'node'));
  }

  /** @param base  a Dockerfile and its arguments, whose last stage stands for BASE */
  build(file: string, base: { readonly file: string; readonly service: string }): ReplayedImage {
    this.left.length = 0;
    const made = this.replay(base.file, { SERVICE: base.service });
    this.made.set('parlance-base', made);
    return { ...this.replay(file, {}), left: [...this.left] };
  }

  close(): void {
    rmSync(this.home, { recursive: true, force: true });
  }

  private replay(file: string, arguments_: Readonly<Record<string, string>>): Made {
    let last: Made | undefined;
    for (const stage of readStages(file, arguments_)) {
      // The same for every service.
      const key = stage.name === 'build' ? `${file}:build` : undefined;
      last = (key && this.made.get(key)) || this.replayStage(stage, arguments_);
      if (key) this.made.set(key, last);
      this.made.set(stage.name, last);
    }
    return last!;
  }

  private replayStage(stage: Stage, arguments_: Readonly<Record<string, string>>): Made {
    const from = this.made.get(stage.from);
    const root = mkdtempSync(join(this.home, `${stage.name}-`));
    // Hard links: what a step removes or replaces is still there in the stage before.
    if (from) execFileSync('cp', ['-al', `${from.root}/.`, root]);
    let made: Made = { ...(from ?? EMPTY), root };
    const values: Record<string, string> = {};
    for (const { name, text } of stage.instructions) {
      const known = { ...values, ...made.environment };
      if (name === 'ARG')
        for (const [key, fallback] of Object.entries(pairs(text))) values[key] = arguments_[key] ?? fallback;
      else if (name === 'ENV') made = { ...made, environment: { ...made.environment, ...pairs(text) } };
      else if (name === 'WORKDIR') made = { ...made, folder: text };
      else if (name === 'USER') made = { ...made, user: text };
      else if (name === 'ENTRYPOINT') made = { ...made, entrypoint: JSON.parse(text) as string[] };
      else if (name === 'CMD') made = { ...made, command: JSON.parse(text) as string[] };
      else if (name === 'COPY') this.copy(replaced(text, known), made);
      else if (name === 'RUN') this.run(text, made, known);
      else if (name !== 'EXPOSE' && name !== 'VOLUME') throw new Error(`${name} is not replayed`);
    }
    return made;
  }

  private copy(text: string, { root, folder }: Made): void {
    const words = text.split(/\s+/);
    const stage = words[0]?.startsWith('--from=') ? words.shift()!.slice('--from='.length) : undefined;
    const to = words.pop()!;
    const target = join(root, to.startsWith('/') ? to : join(folder, to));
    // A pattern may match nothing, as long as another source is there.
    const matched = words.flatMap((word) =>
      word.includes('[') ? globSync(word, { cwd: this.context }) : [word],
    );
    for (const word of matched) {
      const source = stage ? join(this.made.get(stage)!.root, word) : join(this.context, word);
      if (stage && word.startsWith('/usr/')) continue;
      if (!existsSync(source)) throw new Error(`COPY ${text}: ${word} is not there`);
      const isFolder = to.endsWith('/') || words.length > 1;
      mkdirSync(isFolder ? target : dirname(target), { recursive: true });
      if (stage) execFileSync('cp', ['-al', ...(existsSync(target) ? [`${source}/.`] : [source]), target]);
      else {
        // Of a folder the content is copied, not the folder.
        const isFile = isFolder && statSync(source).isFile();
        cpSync(source, isFile ? join(target, basename(word)) : target, { recursive: true, filter: isSent });
      }
    }
  }

  private run(text: string, { root, folder }: Made, environment: Readonly<Record<string, string>>): void {
    if (OF_SYSTEM.test(text)) {
      this.left.push(text);
      return;
    }
    const cwd = join(root, folder);
    mkdirSync(cwd, { recursive: true });
    const path = `${join(cwd, 'node_modules/.bin')}:${this.programs}:${process.env.PATH}`;
    const { HOME, npm_config_cache: cache } = process.env;
    execFileSync('sh', ['-ec', text], {
      cwd,
      env: { ...environment, HOME, ...(cache ? { npm_config_cache: cache } : {}), PATH: path },
      stdio: ['ignore', 'ignore', 'pipe'],
      maxBuffer: 64 * 1024 ** 2,
    });
  }
}

/** Folders that .dockerignore keeps from the builder, wherever they lie. */
const IGNORED = readFileSync('.dockerignore', 'utf8')
  .split('\n')
  .map((line) => line.trim().replace(/^\*\*\//, ''))
  .filter((line) => line !== '');

function isSent(path: string): boolean {
  return !path.split('/').some((part) => IGNORED.includes(part));
}
