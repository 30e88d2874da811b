import { Controller, Get, Header, HttpStatus, Res } from '@nestjs/common';
import { withDeadline } from '@parlance/resilience';
import { metricsRegistry, startProcessMetrics } from './metrics.js';

type PartState = boolean | string;

/** What the process needs to take work: each part by name, true when it is there, a text where it is there with a limitation. */
export type ReadinessParts = Readonly<Record<string, PartState | Promise<PartState>>>;

/** What a service says of its readiness; asked at every probe. */
export abstract class Readiness {
  abstract parts(): ReadinessParts;
}

/** A part that does not answer for so long is not there: a probe itself waits about a second. */
const PART_LIMIT_MS = 700;

/** The part of an HTTP response the probes use. */
interface StatusResponse {
  status(code: number): { json(body: unknown): unknown };
}

/** Liveness, readiness and metrics over HTTP. The module that lists this controller provides `Readiness`. */
@Controller()
export class OpsController {
  constructor(private readonly readiness: Readiness) {
    startProcessMetrics();
  }

  @Get('healthz')
  health(): { status: string } {
    return { status: 'ok' };
  }

  @Get('readyz')
  async ready(@Res() response: StatusResponse): Promise<void> {
    const parts = await statesOf(this.readiness.parts());
    const isReady = Object.values(parts).every(Boolean);
    response
      .status(isReady ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE)
      .json({ status: isReady ? 'ready' : 'not ready', parts });
  }

  @Get('metrics')
  @Header('content-type', metricsRegistry.contentType)
  metrics(): Promise<string> {
    return metricsRegistry.metrics();
  }
}

/** Asks all parts at once. */
async function statesOf(parts: ReadinessParts): Promise<Record<string, PartState>> {
  const asked = Object.entries(parts).map(async ([name, state]) => {
    const answer = withDeadline<PartState>(PART_LIMIT_MS, state, () => false);
    return [name, await answer.catch(() => false)] as const;
  });
  return Object.fromEntries(await Promise.all(asked));
}
