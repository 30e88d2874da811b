import { Body, Controller, Get, Header, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { LearnerAccounts } from '../access/learner-accounts.service.js';
import { SigningKeys } from '../access/signing-keys.service.js';
import { AUDIT_RULES } from '../audit/audit-rules.js';
import { Audited } from '../audit/audited.interceptor.js';
import { AccessGuard, type TenantRequest } from '../auth/access.guard.js';
import { ACCESS_ANSWERS } from './access-answers.js';
import { AnswersAccepted, AnswersJson, AnswersNothing } from './openapi-answers.js';
import { ACCESS_BODIES } from './openapi-bodies.js';
import { QueryGuard } from './query.guard.js';

/** Log-ins of people. */
@ApiTags('Accounts')
@UseGuards(QueryGuard)
@Controller('api/v1/auth')
export class AccountsController {
  constructor(private readonly accounts: LearnerAccounts) {}

  @Post('sign-up')
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Make an account, where the organisation lets learners do so, and log in' })
  @ApiBody(ACCESS_BODIES.signUp)
  @AnswersJson(ACCESS_ANSWERS.logIn, 'The account and its tokens', 201)
  @AnswersAccepted('Where mail is sent: a mail says how to go on')
  @Audited(AUDIT_RULES.accountCreated)
  async signUp(
    @Req() { ip }: Request,
    @Body() body: unknown,
    @Res({ passthrough: true }) response: Response,
  ) {
    const login = await this.accounts.signUp(ip ?? '', body);
    if (!login) response.status(202);
    return login;
  }

  @Post('log-in')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Log in by e-mail address and password' })
  @ApiBody(ACCESS_BODIES.logIn)
  @AnswersJson(ACCESS_ANSWERS.logIn, 'The account and its tokens')
  logIn(@Req() { ip }: Request, @Body() body: unknown) {
    return this.accounts.logIn(ip ?? '', body);
  }

  @Post('refresh')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'New tokens for a refresh token, which is good for one use' })
  @ApiBody(ACCESS_BODIES.refresh)
  @AnswersJson(ACCESS_ANSWERS.logIn, 'The account and its new tokens')
  refresh(@Body() body: unknown) {
    return this.accounts.refresh(body);
  }

  @Post('log-out')
  @HttpCode(204)
  @ApiOperation({ summary: 'End the log-in that a refresh token came of' })
  @ApiBody(ACCESS_BODIES.refresh)
  @AnswersNothing('It has ended')
  @Audited(AUDIT_RULES.loggedOut)
  logOut(@Body() body: unknown) {
    return this.accounts.logOut(body);
  }

  @Post('log-out-everywhere')
  @UseGuards(AccessGuard)
  @ApiBearerAuth()
  @HttpCode(204)
  @ApiOperation({
    summary: "End every log-in and access token of the caller's account, within 5 s on every replica",
  })
  @AnswersNothing('They have ended')
  @Audited(AUDIT_RULES.loggedOutEverywhere)
  logOutEverywhere(@Req() { caller }: TenantRequest): Promise<void> {
    return this.accounts.logOutEverywhere(caller);
  }

  @Post('password')
  @UseGuards(AccessGuard)
  @ApiBearerAuth()
  @HttpCode(200)
  @ApiOperation({ summary: 'Change the password, which ends every log-in, and log in anew' })
  @ApiBody(ACCESS_BODIES.password)
  @AnswersJson(ACCESS_ANSWERS.logIn, 'The account and its new tokens')
  @Audited(AUDIT_RULES.passwordChanged)
  changePassword(@Req() { caller, ip }: TenantRequest, @Body() body: unknown) {
    return this.accounts.changePassword(caller, ip ?? '', body);
  }
}

/** The public keys of access tokens. */
@ApiTags('Accounts')
@UseGuards(QueryGuard)
@Controller('.well-known')
export class KeySetController {
  constructor(private readonly keys: SigningKeys) {}

  @Get('jwks.json')
  @Header('cache-control', 'public, max-age=60')
  @ApiOperation({ summary: 'The public keys by which our access tokens are verified (RFC 7517)' })
  @AnswersJson(ACCESS_ANSWERS.keySet, 'The keys')
  keySet() {
    return this.keys.keySet();
  }
}
