import { pipeline } from 'node:stream/promises';
import { Controller, Delete, Get, HttpCode, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { AUDIT_RULES } from '../audit/audit-rules.js';
import { Audited } from '../audit/audited.interceptor.js';
import { AccessGuard, Needs, type TenantRequest } from '../auth/access.guard.js';
import { ANSWERS, AnswersFile, AnswersJson, AnswersNothing } from './openapi-answers.js';
import { QueryGuard, QueryParameters } from './query.guard.js';
import { RecordingRequests } from './recording-requests.service.js';
import { SessionOwnerGuard } from './owner.guards.js';

type Query = Readonly<Record<string, unknown>>;

/** Recordings of sessions, and the deletion of what the platform has of a session or a user. */
@ApiTags('Recordings')
@ApiBearerAuth()
@UseGuards(AccessGuard, QueryGuard, SessionOwnerGuard)
@Controller('api/v1/voice')
export class RecordingsController {
  constructor(private readonly requests: RecordingRequests) {}

  @Get('sessions/:id/recording')
  @ApiOperation({ summary: 'A link to the joined recording of a session' })
  @AnswersJson(ANSWERS.recording, 'The link')
  async recording(@Req() { tenant }: TenantRequest, @Param('id') id: string) {
    return this.requests.recording(tenant, id);
  }

  @Delete('sessions/:id/recording')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete the recording of a session' })
  @AnswersNothing('It is gone')
  @Audited(AUDIT_RULES.recordingDeleted)
  async deleteRecording(@Req() { tenant }: TenantRequest, @Param('id') id: string): Promise<void> {
    await this.requests.deleteRecording(tenant, id);
  }

  @Delete('sessions/:id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a session: its turns, recordings and spoken replies' })
  @AnswersNothing('It is gone')
  @Audited(AUDIT_RULES.sessionDeleted)
  async deleteSession(@Req() { tenant }: TenantRequest, @Param('id') id: string): Promise<void> {
    await this.requests.deleteSession(tenant, id);
  }

  @Delete('users/:user')
  @ApiOperation({ summary: 'Delete every session of a user' })
  @AnswersJson(ANSWERS.deletedSessions, 'How many there were')
  @Audited(AUDIT_RULES.sessionsOfUserDeleted)
  async deleteUser(@Req() { tenant }: TenantRequest, @Param('user') user: string) {
    return this.requests.deleteUser(tenant, user);
  }

  @Get('storage')
  @Needs({ roles: ['owner', 'admin', 'teacher', 'service'] })
  @ApiOperation({ summary: 'How many objects and bytes the tenant has, by kind' })
  @AnswersJson(ANSWERS.storage, 'Counted at most a minute ago')
  async storage(@Req() { tenant }: TenantRequest) {
    return this.requests.storage(tenant);
  }
}

/** What links of ours lead to: whoever has one may read it. */
@ApiTags('Recordings')
@UseGuards(QueryGuard)
@Controller('api/v1/voice')
export class ObjectLinksController {
  constructor(private readonly requests: RecordingRequests) {}

  @Get('storage/object')
  @QueryParameters('key', 'expires', 'signature')
  @ApiOperation({ summary: 'The object that a signed link names' })
  @AnswersFile('The object', 'audio/*')
  async object(@Query() query: Query, @Res() response: Response): Promise<void> {
    const { reference, content } = await this.requests.open(query);
    response.setHeader('content-type', reference.contentType);
    response.setHeader('content-length', String(reference.bytes));
    response.setHeader('cache-control', 'private, no-store');
    await pipeline(content, response);
  }
}
