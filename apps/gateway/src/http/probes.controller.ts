import { Controller, Get, Res } from '@nestjs/common';
import type { Response } from 'express';
import { askReadiness, Readiness } from '@parlance/telemetry';

/** What load balancers in front of the public port ask. Kubernetes asks the operations port. */
@Controller()
export class ProbesController {
  constructor(private readonly readiness: Readiness) {}

  @Get('healthz')
  health(): { status: string } {
    return { status: 'ok' };
  }

  @Get('readyz')
  async ready(@Res() response: Response): Promise<void> {
    const { status, body } = await askReadiness(this.readiness);
    response.status(status).json(body);
  }
}
