import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
  Post,
  Put,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { MANAGERS } from '@parlance/contracts';
import { AUDIT_RULES } from '../audit/audit-rules.js';
import { Audited } from '../audit/audited.interceptor.js';
import { AccessGuard, Needs, type TenantRequest } from '../auth/access.guard.js';
import { OidcBrowsers } from '../oidc/oidc-browsers.service.js';
import { OidcLogIn } from '../oidc/oidc-log-in.service.js';
import { OidcSettings } from '../oidc/oidc-settings.service.js';
import { ACCESS_ANSWERS } from './access-answers.js';
import { AnswersJson, AnswersNothing } from './openapi-answers.js';
import { OIDC_BODIES, oidcSettingsAnswer } from './people-openapi.js';
import { QueryGuard, QueryParameters } from './query.guard.js';

const AnswersRedirect = (description: string) => ApiResponse({ status: 302, description });

/** Log-ins by organisations' own OpenID providers. */
@ApiTags('Accounts')
@Controller('api/v1/auth/oidc')
export class OidcController {
  constructor(
    private readonly logIn: OidcLogIn,
    private readonly browsers: OidcBrowsers,
  ) {}

  @Get(':organisation/start')
  @UseGuards(QueryGuard)
  @QueryParameters('redirect', 'challenge', 'state', 'max_age')
  @ApiOperation({ summary: 'Where a browser begins to log in' })
  @ApiQuery({ name: 'redirect', description: 'One of the addresses that the organisation has set' })
  @ApiQuery({ name: 'challenge', description: 'base64url(SHA-256(verifier)), as RFC 7636 has it' })
  @ApiQuery({ name: 'state', required: false, description: 'Comes back as it is' })
  @ApiQuery({
    name: 'max_age',
    required: false,
    description: 'Seconds since the person logged in at the provider; who did so earlier is asked again',
    schema: { type: 'integer', minimum: 0, maximum: 999_999 },
  })
  @AnswersRedirect('To the provider')
  async start(
    @Req() request: Request,
    @Res() response: Response,
    @Param('organisation') organisation: string,
    @Query() query: unknown,
  ): Promise<void> {
    const known = this.browsers.read(request);
    const { location, browser } = await this.logIn.start(organisation, query, request.ip ?? '', known);
    this.browsers.write(response, browser);
    redirect(response, location);
  }

  @Get(':organisation/callback')
  @ApiOperation({ summary: 'Where the provider sends the browser back to' })
  @ApiQuery({ name: 'state', schema: { type: 'string', minLength: 1 } })
  @ApiQuery({ name: 'code', required: false })
  @AnswersRedirect('To the front end, with `code` for the exchange or with `error`')
  async comeBack(
    @Req() request: Request,
    @Res() response: Response,
    @Param('organisation') organisation: string,
  ): Promise<void> {
    const query = new URL(request.originalUrl, 'http://any').searchParams;
    const browser = this.browsers.read(request);
    redirect(response, await this.logIn.comeBack(organisation, query, browser, request.ip ?? ''));
  }

  @Post('exchange')
  @UseGuards(QueryGuard)
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'A log-in for the code that the front end was sent, within a minute' })
  @ApiBody(OIDC_BODIES.exchange)
  @AnswersJson(ACCESS_ANSWERS.logIn, 'The account and its tokens')
  exchange(@Body() body: unknown) {
    return this.logIn.exchange(body);
  }
}

/** An organisation's own OpenID provider. */
@ApiTags('Access')
@ApiBearerAuth()
@Needs({ scope: 'access', roles: MANAGERS })
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/organisations/:id/oidc')
export class OidcSettingsController {
  constructor(private readonly settings: OidcSettings) {}

  @Get()
  @ApiOperation({ summary: "The organisation's OpenID provider, without the client's secret" })
  @AnswersJson(oidcSettingsAnswer, 'The settings')
  find(@Req() { caller }: TenantRequest, @Param('id') id: string) {
    return this.settings.find(caller, id);
  }

  @Put()
  @ApiOperation({ summary: 'Set the OpenID provider, once it has answered' })
  @ApiBody(OIDC_BODIES.settings)
  @AnswersJson(oidcSettingsAnswer, 'The settings')
  @Audited(AUDIT_RULES.providerSet)
  put(@Req() { caller }: TenantRequest, @Param('id') id: string, @Body() body: unknown) {
    return this.settings.put(caller, id, body);
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ summary: 'Let nobody log in by the provider any more' })
  @AnswersNothing('It is gone')
  @Audited(AUDIT_RULES.providerRemoved)
  remove(@Req() { caller }: TenantRequest, @Param('id') id: string): Promise<void> {
    return this.settings.remove(caller, id);
  }
}

/** Without the text that express would add, in which the address stands again. */
function redirect(response: Response, location: string): void {
  response.status(302).set({ location, 'cache-control': 'no-store' }).end();
}
