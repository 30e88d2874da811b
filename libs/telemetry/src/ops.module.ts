import { Controller, type DynamicModule, Get, Header, HttpStatus, Inject, Module, Res } from '@nestjs/common';
import { metricsRegistry, startProcessMetrics } from './metrics.js';

/** What the process needs to take work: each part by name, true when it is there, a text where it is there with a limitation. */
export type ReadinessParts = Readonly<Record<string, PartState | Promise<PartState>>>;
export type Readiness = () => ReadinessParts;

type PartState = boolean | string;

/** A part that does not answer for so long is not there: a probe itself waits about a second. */
const PART_LIMIT_MS = 700;

const READINESS = Symbol('READINESS');

/** The part of an HTTP response the probes use. */
interface StatusResponse {
  status(code: number): { json(body: unknown): unknown };
}

@Controller()
export class OpsController {
  constructor(@Inject(READINESS) private readonly readiness: Readiness) {}

  @Get('healthz')
  health(): { status: string } {
    return { status: 'ok' };
  }

  @Get('readyz')
  async ready(@Res() response: StatusResponse): Promise<void> {
    const parts = await statesOf(this.readiness());
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
  const asked = Object.entries(parts).map(async ([name, state]) => [name, await inTime(state)] as const);
  return Object.fromEntries(await Promise.all(asked));
}

async function inTime(state: PartState | Promise<PartState>): Promise<PartState> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), PART_LIMIT_MS);
  });
  try {
    return await Promise.race([state, late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** Liveness, readiness and metrics over HTTP; `readiness` is asked at every probe. */
@Module({})
export class OpsModule {
  static forRoot(options: { readonly readiness: Readiness }): DynamicModule {
    return OpsModule.forRootAsync({ inject: [], useFactory: () => options.readiness });
  }

  /** For a readiness that asks injected services. */
  static forRootAsync(options: {
    readonly imports?: DynamicModule['imports'];
    readonly inject: NonNullable<
      Extract<NonNullable<DynamicModule['providers']>[number], { inject?: unknown }>['inject']
    >;
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Nest's own factory signature
    readonly useFactory: (...parts: any[]) => Readiness;
  }): DynamicModule {
    startProcessMetrics();
    return {
      module: OpsModule,
      imports: options.imports ?? [],
      controllers: [OpsController],
      providers: [{ provide: READINESS, inject: options.inject, useFactory: options.useFactory }],
    };
  }
}
