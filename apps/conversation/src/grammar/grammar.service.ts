import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { textHead, type Correction } from '@parlance/contracts';
import { LOGGER, type Logger } from '@parlance/telemetry';
import type { GrammarAnswer, GrammarRequest } from './grammar.worker.js';

/** Compiled, also where this file itself is run from its source (tests). */
const GRAMMAR_WORKER = createRequire(import.meta.url).resolve('@parlance/conversation/grammar-worker');
const CHECK_LIMIT_MS = 3_000;
/** Harper reads its dictionary at the first text, which takes seconds. */
const WARM_UP_LIMIT_MS = 60_000;
const LONGEST_TEXT = 20_000;

interface Waiting {
  finish(corrections: readonly Correction[]): void;
}

/** Remarks on English grammar by harper.js, offline, in a thread of its own: a check takes up to a quarter of a second. */
@Injectable()
export class GrammarService implements OnModuleInit, OnApplicationShutdown {
  private readonly waiting = new Map<number, Waiting>();
  private worker: Worker | undefined;
  private count = 0;
  private stopped = false;

  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  async onModuleInit(): Promise<void> {
    await this.ask('This sentence is only to warm up.', WARM_UP_LIMIT_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await this.worker?.terminate();
  }

  /** @returns remarks in order of place; none for another language, and none when the checker is in trouble: a reply
   *  without remarks is better than no reply */
  async check(text: string, language: string): Promise<readonly Correction[]> {
    if (!/^en\b/i.test(language) || text.trim() === '') return [];
    return this.ask(textHead(text, LONGEST_TEXT), CHECK_LIMIT_MS);
  }

  private ask(text: string, limitMs: number): Promise<readonly Correction[]> {
    const id = (this.count += 1);
    const worker = this.running();
    return new Promise((resolve) => {
      const finish = (corrections: readonly Correction[]): void => {
        clearTimeout(timer);
        this.waiting.delete(id);
        resolve(corrections);
      };
      const timer = setTimeout(() => {
        this.logger.warn({ limitMs }, 'the grammar checker is too slow, starting it anew');
        finish([]);
        void worker.terminate();
      }, limitMs);
      this.waiting.set(id, { finish });
      worker.postMessage({ id, text } satisfies GrammarRequest);
    });
  }

  private running(): Worker {
    if (this.worker) return this.worker;
    const worker = new Worker(GRAMMAR_WORKER);
    worker.on('message', ({ id, corrections, failed }: GrammarAnswer) => {
      if (failed !== undefined) this.logger.warn({ failed }, 'the grammar checker failed on a text');
      this.waiting.get(id)?.finish(corrections ?? []);
    });
    worker.on('error', (error) => this.logger.error({ err: error }, 'the grammar checker crashed'));
    worker.on('exit', () => {
      if (this.worker === worker) this.worker = undefined;
      for (const { finish } of [...this.waiting.values()]) finish([]);
      if (!this.stopped) this.logger.info('the grammar checker starts again with the next text');
    });
    return (this.worker = worker);
  }
}
