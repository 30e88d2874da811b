import { pipeline } from 'node:stream/promises';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { MANAGERS } from '@parlance/contracts';
import { PRIVACY_RULES } from '../audit/audit-rules.js';
import { Audited } from '../audit/audited.interceptor.js';
import { AccessGuard, Needs, type TenantRequest } from '../auth/access.guard.js';
import { AnswersFile, AnswersJson } from './openapi-answers.js';
import { TextQuery, PagedBy, UserHeader } from './openapi-parameters.js';
import { PRIVACY_ANSWERS, PRIVACY_BODIES } from './privacy-openapi.js';
import { PrivacyRequests } from './privacy-requests.service.js';
import { QueryGuard, QueryParameters } from './query.guard.js';

type QueryValues = Readonly<Record<string, unknown>>;

/** What learners allow, what is kept of them, and its end. */
@ApiTags('Privacy')
@ApiBearerAuth()
@UserHeader()
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/privacy')
export class PrivacyController {
  constructor(private readonly requests: PrivacyRequests) {}

  @Get('settings')
  @Needs({ scope: 'access', roles: MANAGERS })
  @ApiOperation({ summary: 'How the tenant treats what it has of its learners' })
  @AnswersJson(PRIVACY_ANSWERS.settings, 'The settings')
  settings(@Req() { caller }: TenantRequest) {
    return this.requests.settings(caller);
  }

  @Patch('settings')
  @Needs({ scope: 'access', roles: MANAGERS })
  @ApiOperation({ summary: 'Change settings, of which the version is known; what is not named stays' })
  @ApiBody(PRIVACY_BODIES.settings)
  @AnswersJson(PRIVACY_ANSWERS.settings, 'The settings')
  @Audited(PRIVACY_RULES.settingsChanged)
  updateSettings(@Req() { caller }: TenantRequest, @Body() body: unknown) {
    return this.requests.updateSettings(caller, body);
  }

  @Get('consents')
  @ApiOperation({ summary: 'What a learner has allowed, now and before' })
  @TextQuery('user', "Needed with an API key; a token's own user else")
  @PagedBy()
  @AnswersJson(PRIVACY_ANSWERS.consents, 'The consents')
  @QueryParameters('user', 'limit', 'cursor')
  consents(@Req() { principal }: TenantRequest, @Query() query: QueryValues) {
    return this.requests.listConsents(principal, query);
  }

  @Put('consents')
  @ApiOperation({ summary: 'Give or withdraw the consent to one purpose' })
  @ApiBody(PRIVACY_BODIES.consent)
  @AnswersJson(PRIVACY_ANSWERS.consent, 'What is on record now')
  @Audited(PRIVACY_RULES.consentRecorded)
  recordConsent(@Req() { principal }: TenantRequest, @Body() body: unknown) {
    return this.requests.recordConsent(principal, body);
  }

  @Post('exports')
  @HttpCode(202)
  @ApiOperation({ summary: 'Have a file made with all that is kept about a learner; one at a time' })
  @ApiBody(PRIVACY_BODIES.export)
  @AnswersJson(PRIVACY_ANSWERS.export, 'It is made in the background: poll it', 202)
  @Audited(PRIVACY_RULES.exportRequested)
  requestExport(@Req() { caller }: TenantRequest, @Body() body: unknown) {
    return this.requests.requestExport(caller, body);
  }

  @Get('exports/:id')
  @ApiOperation({ summary: 'How far an export is' })
  @AnswersJson(PRIVACY_ANSWERS.export, 'The export')
  findExport(@Req() { caller }: TenantRequest, @Param('id') id: string) {
    return this.requests.findExport(caller, id);
  }

  @Get('exports/:id/file')
  @ApiOperation({ summary: 'The file: a zip with JSON lists and sound, for seven days' })
  @AnswersFile('The file', 'application/zip')
  @Audited(PRIVACY_RULES.exportRead)
  async exportFile(
    @Req() { caller }: TenantRequest,
    @Param('id') id: string,
    @Res() response: Response,
  ): Promise<void> {
    const { reference, content } = await this.requests.openExport(caller, id);
    response.setHeader('content-type', 'application/zip');
    response.setHeader('content-length', String(reference.bytes));
    response.setHeader('content-disposition', 'attachment; filename="export.zip"');
    await pipeline(content, response);
  }

  @Post('erasures')
  @Needs({ evenErased: true })
  @HttpCode(202)
  @ApiOperation({ summary: 'Have everything removed that is kept about a learner' })
  @ApiBody(PRIVACY_BODIES.erasure)
  @AnswersJson(PRIVACY_ANSWERS.erasure, 'It is removed in the background: poll it', 202)
  @Audited(PRIVACY_RULES.erasureRequested)
  requestErasure(@Req() { caller, ip }: TenantRequest, @Body() body: unknown) {
    return this.requests.requestErasure(caller, ip ?? '', body);
  }

  @Get('erasures/:id')
  @ApiOperation({ summary: 'How far an erasure is' })
  @AnswersJson(PRIVACY_ANSWERS.erasure, 'The erasure')
  findErasure(@Req() { caller }: TenantRequest, @Param('id') id: string) {
    return this.requests.findErasure(caller, id);
  }
}
