import { Body, Controller, Get, Param, Patch, Post, Query, Req, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MANAGERS, tenantSchema } from '@parlance/contracts';
import { Organisations } from '../access/organisations.service.js';
import { AUDIT_RULES } from '../audit/audit-rules.js';
import { Audited } from '../audit/audited.interceptor.js';
import { AccessGuard, Needs, type TenantRequest } from '../auth/access.guard.js';
import { ACCESS_ANSWERS } from './access-answers.js';
import { AnswersJson } from './openapi-answers.js';
import { ACCESS_BODIES } from './openapi-bodies.js';
import { PagedBy } from './openapi-parameters.js';
import { QueryGuard, QueryParameters } from './query.guard.js';

/** Organisations: the tenants of the installation. */
@ApiTags('Access')
@ApiBearerAuth()
@Needs({ scope: 'access', roles: MANAGERS })
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/organisations')
export class OrganisationsController {
  constructor(private readonly organisations: Organisations) {}

  @Post()
  @ApiOperation({ summary: 'Make an organisation and its first key, which is told here alone' })
  @ApiBody(ACCESS_BODIES.organisation)
  @AnswersJson(ACCESS_ANSWERS.newOrganisation, 'The organisation', 201)
  @Audited(AUDIT_RULES.organisationCreated)
  create(@Req() { caller }: TenantRequest, @Body() body: unknown) {
    return this.organisations.create(caller, body);
  }

  @Get()
  @ApiOperation({ summary: "The caller's organisation; all of them for who manages the installation" })
  @PagedBy(tenantSchema)
  @AnswersJson(ACCESS_ANSWERS.organisationPage, 'A page')
  @QueryParameters('limit', 'cursor')
  page(@Req() { caller }: TenantRequest, @Query() query: unknown) {
    return this.organisations.page(caller, query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'An organisation' })
  @AnswersJson(ACCESS_ANSWERS.organisation, 'The organisation')
  find(@Req() { caller }: TenantRequest, @Param('id') id: string) {
    return this.organisations.find(caller, id);
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change an organisation, of which the version is known' })
  @ApiBody(ACCESS_BODIES.organisationChange)
  @AnswersJson(ACCESS_ANSWERS.organisation, 'The organisation')
  @Audited(AUDIT_RULES.organisationChanged)
  update(@Req() { caller }: TenantRequest, @Param('id') id: string, @Body() body: unknown) {
    return this.organisations.update(caller, id, body);
  }
}
