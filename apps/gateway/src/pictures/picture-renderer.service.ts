import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import sharp from 'sharp';
import { AppError } from '@parlance/errors';
import { Bulkhead } from '@parlance/resilience';
import { LOGGER, type Logger } from '@parlance/telemetry';
import type { PictureData, PictureFormat } from './picture.schema.js';
import type { PictureAnswer } from './picture.worker.js';

/** Compiled, also where this file itself is run from its source (tests). */
const PICTURE_WORKER = createRequire(import.meta.url).resolve('@parlance/gateway/picture-worker');
/** Of one picture; the first one loads the library, which takes a second on a busy core. */
const LIMIT_MS = 20_000;
/** Its memory, about 40 MB, is free again behind the last picture. */
const IDLE_MS = 60_000;
const MOST_HEAP_MB = 128;
/** Points of an SVG are 1/72 inch: two pixels each. */
const PNG_DENSITY = 144;

/** Draws pictures, as SVG by echarts in a thread of its own, and those as PNG by sharp (libvips, librsvg). */
@Injectable()
export class PictureRenderer implements OnApplicationShutdown {
  private readonly slots = new Bulkhead({
    ...{ limit: 1, queue: 16, refusal: 'inference.overloaded' },
    message: 'Too many pictures are being drawn at the same time.',
  });
  private worker: Worker | undefined;
  private idle: NodeJS.Timeout | undefined;

  constructor(@Inject(LOGGER) private readonly logger: Logger) {
    // The decoder of clients' images blocks all formats but three, and looks at the type of each before it is read.
    sharp.unblock({ operation: ['VipsForeignLoadSvgBuffer'] });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.dismiss();
  }

  /**
   * @returns the file, undefined where the data has nothing to draw
   * @throws AppError inference.overloaded, request.cancelled, request.deadline_exceeded, internal.unexpected
   */
  async draw(
    data: PictureData,
    format: PictureFormat,
    { tenant, signal }: { readonly tenant: string; readonly signal: AbortSignal },
  ): Promise<Buffer | undefined> {
    return this.slots.run(
      async () => {
        const svg = await this.svgOf(data);
        if (svg === undefined) return undefined;
        const file = Buffer.from(svg);
        return format === 'svg'
          ? file
          : sharp(file, { density: PNG_DENSITY }).png({ palette: true }).toBuffer();
      },
      signal,
      tenant,
    );
  }

  private async svgOf(data: PictureData): Promise<string | undefined> {
    clearTimeout(this.idle);
    const worker = this.running();
    try {
      const answered = once(worker, 'message', { signal: AbortSignal.timeout(LIMIT_MS) });
      worker.postMessage(data);
      const [{ svg, failed }] = (await answered) as [PictureAnswer];
      if (failed !== undefined) throw new Error(failed);
      this.idle = setTimeout(() => void this.dismiss(), IDLE_MS).unref();
      return svg;
    } catch (cause) {
      this.logger.error({ err: cause, picture: data.name }, 'a picture could not be drawn');
      await this.dismiss();
      const isLate = cause instanceof Error && cause.name === 'AbortError';
      const code = isLate ? 'request.deadline_exceeded' : 'internal.unexpected';
      throw new AppError(code, 'The picture could not be drawn.', { cause });
    }
  }

  private running(): Worker {
    if (this.worker) return this.worker;
    const worker = new Worker(PICTURE_WORKER, { resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB } });
    worker.unref();
    // A fault between two pictures must not end the process.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      if (this.worker === worker) this.worker = undefined;
    });
    return (this.worker = worker);
  }

  private async dismiss(): Promise<void> {
    clearTimeout(this.idle);
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }
}
