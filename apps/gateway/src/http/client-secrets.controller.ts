import { Body, Controller, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { realtimeClientSecretSchema, type RealtimeClientSecret } from '@parlance/contracts';
import { AccessGuard, Needs, type TenantRequest } from '../auth/access.guard.js';
import { keyOfHeader } from '../auth/authenticator.service.js';
import { requireScope } from '../auth/caller.js';
import { ClientSecrets } from '../auth/client-secrets.service.js';
import { RealtimeSessions } from '../websocket/realtime/realtime-sessions.service.js';
import { ANSWERS, AnswersJson } from './openapi-answers.js';
import { CLIENT_SECRET_BODY } from './openapi-bodies.js';
import { QueryGuard } from './query.guard.js';
import { parseRequest } from './request-fields.js';

/** OpenAI's route for secrets by which a client opens `/v1/realtime`. */
@ApiTags('OpenAI-compatible')
@ApiBearerAuth()
@Needs({ scope: 'speech' })
@UseGuards(AccessGuard, QueryGuard)
@Controller('v1/realtime/client_secrets')
export class ClientSecretsController {
  constructor(
    private readonly secrets: ClientSecrets,
    private readonly sessions: RealtimeSessions,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Make a secret that opens /v1/realtime for a few minutes, with its settings' })
  @ApiBody(CLIENT_SECRET_BODY)
  @AnswersJson(ANSWERS.clientSecret, 'The secret, which is told here alone')
  async create(@Req() request: TenantRequest, @Body() body: unknown): Promise<RealtimeClientSecret> {
    const { caller, principal, headers } = request;
    const { expires_after, session } = parseRequest(realtimeClientSecretSchema, body ?? {});
    if (session?.type === 'realtime') requireScope(caller, 'sessions');
    const described = await this.sessions.describe(session);
    const { value, expiresAt } = this.secrets.issue(
      { ...caller, ...principal },
      keyOfHeader(headers.authorization) ?? '',
      { session, seconds: expires_after.seconds },
    );
    return { value, expires_at: expiresAt, session: described };
  }
}
