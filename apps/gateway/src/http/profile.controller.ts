import { Body, Controller, Get, Patch, Req, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { LearnerAccounts } from '../access/learner-accounts.service.js';
import { AccessGuard, type TenantRequest } from '../auth/access.guard.js';
import { ACCESS_ANSWERS } from './access-answers.js';
import { AnswersJson } from './openapi-answers.js';
import { ACCESS_BODIES } from './openapi-bodies.js';
import { QueryGuard } from './query.guard.js';

/** What a person says of themselves. */
@ApiTags('Accounts')
@ApiBearerAuth()
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/profile')
export class ProfileController {
  constructor(private readonly accounts: LearnerAccounts) {}

  @Get()
  @ApiOperation({ summary: "The caller's account and profile" })
  @AnswersJson(ACCESS_ANSWERS.account, 'The account')
  profile(@Req() { caller }: TenantRequest) {
    return this.accounts.profile(caller);
  }

  @Patch()
  @ApiOperation({ summary: 'Change the profile, of which the version is known; what is not named stays' })
  @ApiBody(ACCESS_BODIES.profile)
  @AnswersJson(ACCESS_ANSWERS.account, 'The account')
  update(@Req() { caller }: TenantRequest, @Body() body: unknown) {
    return this.accounts.updateProfile(caller, body);
  }
}
