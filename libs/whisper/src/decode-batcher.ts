import { rankOf } from '@parlance/onnx';
import type { Feeds, Job } from '@parlance/onnx/model';
import { ALIGNMENT, CrossSlots, joinCaches } from './caches.js';
import { DecodeRow, type RowRequest, type Written } from './decode-row.js';
import { floats, freeAll, integers, pick, type FloatType } from './tensors.js';
import type { WhisperGraphs } from './whisper-graphs.js';

/** Rows of one run at most. */
const MAX_ROWS = 8;
/** Decoder steps of one run: between runs rows join, leave, are overtaken or cancelled. */
const STEPS = ALIGNMENT;

interface Ticket {
  readonly row: DecodeRow;
  /** Tokens wanted at most. */
  readonly most: number;
  readonly askedAt: number;
  served: boolean;
  readonly resolve: (written: Written) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Continuous batching: rows of different requests go through the decoder together, each joining and leaving between two
 * runs. A step reads the decoder's weights once however many rows it serves. Rows that are held to the same rules fit
 * together; live ones and recordings do not share a run, so that no recording slows a final.
 */
export class DecodeBatcher {
  private waiting: Ticket[] = [];
  private readonly rows = new Set<DecodeRow>();
  private readonly slots: CrossSlots;
  /** Stands where a continued run reads no logits. */
  private unread = new Float32Array(0);

  constructor(
    private readonly graphs: WhisperGraphs,
    cacheType: FloatType,
  ) {
    this.slots = new CrossSlots(graphs.manifest.dims, cacheType);
  }

  open(request: RowRequest): DecodeRow {
    const row = new DecodeRow(request, this.graphs.manifest.tokens.timestampBegin);
    this.rows.add(row);
    return row;
  }

  /** To be called however the row ended. */
  close(row: DecodeRow): void {
    this.rows.delete(row);
    this.slots.forget(row.request.cross);
    if (!row.isFresh) this.leave(row.cache.tensors);
  }

  /**
   * The row's next tokens, `most` of them or fewer.
   * @throws AppError request.cancelled
   */
  step(row: DecodeRow, most: number): Promise<Written> {
    return new Promise((resolve, reject) => {
      const ticket: Ticket = { row, most, askedAt: performance.now(), served: false, resolve, reject };
      this.waiting.push(ticket);
      const { job } = row.request;
      // Whoever is let through first takes the others along; they then find themselves served.
      job.runs.pass(job.asker, () => this.serve(ticket)).catch(reject);
    });
  }

  private async serve(ticket: Ticket): Promise<void> {
    if (ticket.served) return;
    // Rows that a run has just served come back within this turn of the event loop.
    await new Promise(setImmediate);
    const batch = this.gather(ticket);
    if (batch.length === 0) return;
    try {
      const written = await this.run(batch);
      batch.forEach(({ resolve }, i) => resolve(written[i] as Written));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /**
   * Returns the first ticket and the most urgent waiting ones that fit beside it. The first is always included: no other run
   * would include it. Rejects and leaves out tickets whose job was cancelled.
   */
  private gather(first: Ticket): Ticket[] {
    for (const ticket of this.waiting.filter(({ row }) => row.request.job.isCancelled)) {
      this.remove(ticket);
      try {
        ticket.row.request.job.throwIfCancelled();
      } catch (error) {
        ticket.reject(error);
      }
    }
    if (first.served) return [];
    const others = this.waiting
      .filter((other) => other !== first && this.fits(other.row, first.row))
      .sort((a, b) => rank(a.row.request.job) - rank(b.row.request.job));
    const batch = [first, ...others.slice(0, MAX_ROWS - 1)];
    for (const ticket of batch) this.remove(ticket);
    return batch;
  }

  private remove(ticket: Ticket): void {
    ticket.served = true;
    this.waiting = this.waiting.filter((other) => other !== ticket);
  }

  private async run(batch: readonly Ticket[]): Promise<Written[]> {
    const { manifest } = this.graphs;
    const jobs = batch.map(({ row }) => row.request.job);
    const now = performance.now();
    batch.forEach(({ askedAt }, i) => jobs[i]?.charge('queue', now - askedAt));
    const cross = this.crossOf(batch);
    const tickets = cross.order.map((index) => batch[index] as Ticket);
    const rows = tickets.map(({ row }) => row);
    const first = rows[0] as DecodeRow;
    const caches = joinCaches(rows.map(({ cache }) => cache));
    const outputs = await this.graphs.runTogether(jobs, 'decode', {
      ...cross.feeds,
      ...caches.tensors,
      self_start: integers(caches.starts, [rows.length]),
      ...DecodeRow.feeds(rows),
      logits: floats(this.logitsOf(rows), [rows.length, manifest.dims.vocabulary]),
      ...first.request.rules.feeds,
      max_steps: integers([this.steps(tickets)], []),
    });
    const next = cachesOf(outputs);
    const written = new Array<Written>(batch.length);
    const left = rows.map(({ cache }) => cache.tensors);
    const { isFresh } = first;
    rows.forEach((row, i) => {
      const start = caches.starts[i] as number;
      written[cross.order[i] as number] = row.readOutputs(outputs, next, i, start, manifest.tokens.eot);
    });
    if (!left.includes(caches.tensors)) freeAll(caches.tensors);
    if (!isFresh) left.forEach((tensors) => this.leave(tensors));
    return written;
  }

  /** Frees caches that a row has left, once no other is in them. Never those of the prefill: the next temperature begins there. */
  private leave(tensors: Feeds): void {
    if ([...this.rows].every(({ cache }) => cache.tensors !== tensors)) freeAll(tensors);
  }

  private crossOf(batch: readonly Ticket[]): { readonly feeds: Feeds; readonly order: readonly number[] } {
    const crosses = batch.map(({ row }) => row.request.cross);
    const [only] = crosses;
    return only && crosses.length === 1 ? { feeds: only.feeds, order: [0] } : this.slots.compose(crosses);
  }

  private steps(tickets: readonly Ticket[]): number {
    const [first] = tickets;
    const wanted = Math.max(...tickets.map(({ most }) => most));
    const room = Math.min(...tickets.map(({ row }) => this.room(row)));
    if (!first?.row.isFresh) return Math.max(1, Math.min(STEPS, room, wanted));
    // The first token costs no decoder step. Rows that are to join others choose it and no more.
    const joins = this.rows.size > tickets.length;
    return joins ? 1 : Math.max(1, Math.min(1 + STEPS, room, wanted));
  }

  private room(row: DecodeRow): number {
    return row.room(this.graphs.manifest.dims.decoderContext);
  }

  /** Whether two rows may share a run. Who comes to the end of the context takes fewer steps than others, and goes alone. */
  private fits(row: DecodeRow, other: DecodeRow): boolean {
    const [own, its] = [row.request, other.request];
    return (
      own.rules === its.rules &&
      row.isFresh === other.isFresh &&
      (own.job.priority === 'bulk') === (its.job.priority === 'bulk') &&
      Math.min(this.room(row), this.room(other)) > STEPS
    );
  }

  private logitsOf(rows: readonly DecodeRow[]): Float32Array {
    const { vocabulary } = this.graphs.manifest.dims;
    const [first] = rows;
    if (first?.isFresh && rows.length === 1) return first.logits;
    const size = rows.length * vocabulary;
    if (first?.isFresh) {
      const joined = new Float32Array(size);
      rows.forEach((row, i) => joined.set(row.logits, i * vocabulary));
      return joined;
    }
    if (this.unread.length < size) this.unread = new Float32Array(size);
    return this.unread.subarray(0, size);
  }
}

function rank(job: Job): number {
  return rankOf(job.priority);
}

/** The caches after a run, under the names they are given back by. */
function cachesOf(outputs: Feeds): Feeds {
  return Object.fromEntries(
    Object.entries(pick(outputs, 'next_self_')).map(([name, tensor]) => [name.slice('next_'.length), tensor]),
  );
}
