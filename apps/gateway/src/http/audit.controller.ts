import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Controller, Get, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { MANAGERS } from '@parlance/contracts';
import { AccessGuard, Needs, type TenantRequest } from '../auth/access.guard.js';
import { AuditRequests } from './audit-requests.service.js';
import { AnswersFile, AnswersJson } from './openapi-answers.js';
import { TextQuery, PagedBy, QueryOf } from './openapi-parameters.js';
import { auditPageSchema } from './privacy.schema.js';
import { PRIVACY_ANSWERS } from './privacy-openapi.js';
import { QueryGuard, QueryParameters } from './query.guard.js';

type QueryValues = Readonly<Record<string, unknown>>;

/** What was done at the caller's tenant, and by whom. */
@ApiTags('Audit')
@ApiBearerAuth()
@Needs({ scope: 'access', roles: MANAGERS })
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/audit')
export class AuditController {
  constructor(private readonly requests: AuditRequests) {}

  @Get()
  @ApiOperation({ summary: 'Entries of the audit log, newest first, in pages' })
  @PagedBy(auditPageSchema.shape.cursor)
  @QueryOf('action', auditPageSchema.shape.action, 'As key.create')
  @TextQuery('user', 'Of the user who did it')
  @TextQuery('target', 'Of what it was done to')
  @TextQuery('learner', 'Of the learner that it was done to')
  @AnswersJson(PRIVACY_ANSWERS.auditPage, 'A page')
  @QueryParameters('limit', 'cursor', 'action', 'user', 'target', 'learner')
  page(@Req() { caller }: TenantRequest, @Query() query: QueryValues) {
    return this.requests.page(caller, query);
  }

  @Get('head')
  @ApiOperation({ summary: 'The newest entry’s number and hash, to be kept elsewhere' })
  @AnswersJson(PRIVACY_ANSWERS.auditHead, 'Its place; number 0 of an empty log')
  head(@Req() { caller }: TenantRequest) {
    return this.requests.head(caller);
  }

  @Get('export')
  @ApiOperation({ summary: 'The whole log as NDJSON, oldest entry first; `parlance audit verify` reads it' })
  @QueryOf('from', auditPageSchema.shape.cursor, 'Number of the first entry that is wanted')
  @AnswersFile('One entry a line', 'application/x-ndjson')
  @QueryParameters('from')
  async export(
    @Req() { caller }: TenantRequest,
    @Query() query: QueryValues,
    @Res() response: Response,
  ): Promise<void> {
    const lines = this.requests.lines(caller, query);
    response.setHeader('content-type', 'application/x-ndjson');
    response.setHeader('content-disposition', 'attachment; filename="audit.ndjson"');
    await pipeline(Readable.from(lines), response);
  }
}
