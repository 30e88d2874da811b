import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Patch,
  Post,
  Query,
  Req,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AUTHORS, type CatalogueKind } from '@parlance/contracts';
import { catalogueRule } from '../audit/audit-rules.js';
import { Audited } from '../audit/audited.interceptor.js';
import { AccessGuard, Needs, type TenantRequest } from '../auth/access.guard.js';
import {
  catalogueAnswers,
  CatalogueChangeBody,
  CatalogueNewBody,
  CatalogueQuery,
} from './catalogue-openapi.js';
import { CatalogueRequests } from './catalogue-requests.service.js';
import { CATALOGUE_ROUTES, otherFilterNames } from './catalogue.schema.js';
import { AnswersJson, AnswersNothing } from './openapi-answers.js';
import { VersionQuery } from './openapi-parameters.js';
import { QueryGuard, QueryParameters } from './query.guard.js';

type QueryValues = Readonly<Record<string, unknown>>;

/** The routes of one kind of entries. @param name  of the class, which the OpenAPI document shows */
function catalogueController(kind: CatalogueKind, name: string): Type {
  const { path, filters } = CATALOGUE_ROUTES[kind];
  const answers = catalogueAnswers(kind);

  @ApiTags('Catalogue')
  @ApiBearerAuth()
  @UseGuards(AccessGuard, QueryGuard)
  @Controller(`api/v1/${path}`)
  class CatalogueController {
    constructor(private readonly requests: CatalogueRequests) {}

    @Get()
    @ApiOperation({ summary: "The tenant's own entries and the platform's, by code, in pages" })
    @CatalogueQuery(kind)
    @AnswersJson(answers.page, 'A page')
    @QueryParameters('limit', 'cursor', ...filters, ...otherFilterNames(kind))
    list(@Req() { principal }: TenantRequest, @Query() query: QueryValues) {
      return this.requests.list(kind, principal, query);
    }

    @Post()
    @Needs({ roles: AUTHORS })
    @ApiOperation({ summary: "Add an entry; one with the platform's code overrides that for the tenant" })
    @CatalogueNewBody(kind)
    @AnswersJson(answers.entry, 'The entry', 201)
    @Audited(catalogueRule(kind, 'create'))
    create(@Req() { principal }: TenantRequest, @Body() body: unknown) {
      return this.requests.create(kind, principal, body);
    }

    @Get(':id')
    @ApiOperation({ summary: 'An entry by its code' })
    @AnswersJson(answers.entry, 'The entry')
    find(@Req() { principal }: TenantRequest, @Param('id') id: string) {
      return this.requests.find(kind, principal, id);
    }

    @Patch(':id')
    @Needs({ roles: AUTHORS })
    @ApiOperation({
      summary:
        "Change an entry; of the platform's the tenant gets a copy. 409 where version is not the current one",
    })
    @CatalogueChangeBody(kind)
    @AnswersJson(answers.entry, 'The entry')
    @Audited(catalogueRule(kind, 'update'))
    update(@Req() { principal }: TenantRequest, @Param('id') id: string, @Body() body: unknown) {
      return this.requests.update(kind, principal, id, body);
    }

    @Delete(':id')
    @Needs({ roles: AUTHORS })
    @HttpCode(HttpStatus.NO_CONTENT)
    @ApiOperation({ summary: "Delete the tenant's own entry; the platform's of that code is seen again" })
    @VersionQuery()
    @AnswersNothing('It is deleted')
    @QueryParameters('version')
    @Audited(catalogueRule(kind, 'delete'))
    delete(@Req() { principal }: TenantRequest, @Param('id') id: string, @Query() query: QueryValues) {
      return this.requests.delete(kind, principal, id, query);
    }

    @Get(':id/versions')
    @ApiOperation({ summary: 'The versions that are kept, newest first' })
    @AnswersJson(answers.versions, 'The versions')
    versions(@Req() { principal }: TenantRequest, @Param('id') id: string) {
      return this.requests.versions(kind, principal, id);
    }

    @Get(':id/versions/:version')
    @ApiOperation({ summary: 'The entry as it was in a version' })
    @AnswersJson(answers.version, 'The entry')
    version(@Req() { principal }: TenantRequest, @Param('id') id: string, @Param('version') version: string) {
      return this.requests.version(kind, principal, id, version);
    }
  }
  Object.defineProperty(CatalogueController, 'name', { value: name });
  return CatalogueController;
}

/** Teaching modes, languages and scenarios. */
export const CATALOGUE_CONTROLLERS: readonly Type[] = [
  catalogueController('teaching_mode', 'TeachingModesController'),
  catalogueController('language', 'LanguagesController'),
  catalogueController('scenario', 'ScenariosController'),
];
