import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Req,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MANAGERS } from '@parlance/contracts';
import { KeyManagement } from '../access/key-management.service.js';
import { AUDIT_RULES } from '../audit/audit-rules.js';
import { Audited } from '../audit/audited.interceptor.js';
import { AccessGuard, Needs, type TenantRequest } from '../auth/access.guard.js';
import { ACCESS_ANSWERS } from './access-answers.js';
import { AnswersJson, AnswersNothing } from './openapi-answers.js';
import { ACCESS_BODIES } from './openapi-bodies.js';
import { PagedBy } from './openapi-parameters.js';
import { QueryGuard, QueryParameters } from './query.guard.js';

/** The API keys of the caller's tenant. */
@ApiTags('Access')
@ApiBearerAuth()
@Needs({ scope: 'access', roles: MANAGERS })
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/keys')
export class KeysController {
  constructor(private readonly keys: KeyManagement) {}

  @Post()
  @ApiOperation({ summary: 'Make a key, which is told here alone' })
  @ApiBody(ACCESS_BODIES.key)
  @AnswersJson(ACCESS_ANSWERS.newKey, 'The key', 201)
  @Audited(AUDIT_RULES.keyCreated)
  create(@Req() { caller }: TenantRequest, @Body() body: unknown) {
    return this.keys.create(caller, body);
  }

  @Get()
  @ApiOperation({ summary: 'Keys, newest first, in pages' })
  @PagedBy()
  @AnswersJson(ACCESS_ANSWERS.keyPage, 'A page')
  @QueryParameters('limit', 'cursor')
  page(@Req() { caller }: TenantRequest, @Query() query: unknown) {
    return this.keys.page(caller, query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'A key, without its secret' })
  @AnswersJson(ACCESS_ANSWERS.key, 'The key')
  find(@Req() { caller }: TenantRequest, @Param('id') id: string) {
    return this.keys.find(caller, id);
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change the name and the limits of a key, of which the version is known' })
  @ApiBody(ACCESS_BODIES.keyChange)
  @AnswersJson(ACCESS_ANSWERS.key, 'The key')
  @Audited(AUDIT_RULES.keyChanged)
  update(@Req() { caller }: TenantRequest, @Param('id') id: string, @Body() body: unknown) {
    return this.keys.update(caller, id, body);
  }

  @Post(':id/rotate')
  @ApiOperation({ summary: 'Make a key in the stead of another one, which works on for overlapSeconds' })
  @ApiBody(ACCESS_BODIES.keyRotation)
  @AnswersJson(ACCESS_ANSWERS.newKey, 'The new key, which is told here alone', 201)
  @Audited(AUDIT_RULES.keyRotated)
  rotate(@Req() { caller }: TenantRequest, @Param('id') id: string, @Body() body: unknown) {
    return this.keys.rotate(caller, id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a key; within 5 s no replica knows it any more' })
  @AnswersNothing('It is revoked')
  @Audited(AUDIT_RULES.keyRevoked)
  revoke(@Req() { caller }: TenantRequest, @Param('id') id: string): Promise<void> {
    return this.keys.revoke(caller, id);
  }
}
