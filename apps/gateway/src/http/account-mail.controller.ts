import { Body, Controller, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { AccountRecovery } from '../access/account-recovery.service.js';
import { AUDIT_RULES } from '../audit/audit-rules.js';
import { Audited } from '../audit/audited.interceptor.js';
import { AccessGuard, type TenantRequest } from '../auth/access.guard.js';
import { AnswersAccepted, AnswersNothing } from './openapi-answers.js';
import { MAIL_BODIES } from './people-openapi.js';
import { QueryGuard } from './query.guard.js';

/** What people do by mail. Where the installation sends none, every route is refused by `mail.not_configured`. */
@ApiTags('Accounts')
@UseGuards(QueryGuard)
@Controller('api/v1/auth')
export class AccountMailController {
  constructor(private readonly recovery: AccountRecovery) {}

  @Post('verify-email')
  @HttpCode(204)
  @ApiOperation({ summary: 'Show by the code of a mail that its address is yours' })
  @ApiBody(MAIL_BODIES.verify)
  @AnswersNothing('The address is verified')
  @Audited(AUDIT_RULES.emailVerified)
  verify(@Body() body: unknown) {
    return this.recovery.verifyEmail(body);
  }

  @Post('resend-verification')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Have the mail with the code sent again; the answer does not tell whether there is an account',
  })
  @ApiBody(MAIL_BODIES.request)
  @AnswersAccepted('A mail is sent where there is an account that waits for it')
  resend(@Req() { ip }: Request, @Body() body: unknown): Promise<void> {
    return this.recovery.ask('verify-email', ip ?? '', body);
  }

  @Post('forgot-password')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Have a code for a new password sent; the answer does not tell whether there is an account',
  })
  @ApiBody(MAIL_BODIES.request)
  @AnswersAccepted('A mail is sent where there is an account')
  forgot(@Req() { ip }: Request, @Body() body: unknown): Promise<void> {
    return this.recovery.ask('reset-password', ip ?? '', body);
  }

  @Post('reset-password')
  @HttpCode(204)
  @ApiOperation({ summary: 'Choose a new password by the code of a mail, which ends every log-in' })
  @ApiBody(MAIL_BODIES.reset)
  @AnswersNothing('The password is changed')
  @Audited(AUDIT_RULES.passwordReset)
  reset(@Body() body: unknown) {
    return this.recovery.resetPassword(body);
  }

  @Post('change-email')
  @UseGuards(AccessGuard)
  @ApiBearerAuth()
  @HttpCode(202)
  @ApiOperation({ summary: 'Have a code sent to another address; verify-email makes it the account’s' })
  @ApiBody(MAIL_BODIES.change)
  @AnswersAccepted('A mail is sent to the address')
  @Audited(AUDIT_RULES.emailChangeRequested)
  change(@Req() { caller, ip }: TenantRequest, @Body() body: unknown): Promise<void> {
    return this.recovery.changeEmail(caller, ip ?? '', body);
  }
}
