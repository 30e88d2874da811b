import {
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Post,
  Query,
  Req,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MANAGERS } from '@parlance/contracts';
import { AUDIT_RULES } from '../../audit/audit-rules.js';
import { Audited } from '../../audit/audited.interceptor.js';
import { AccessGuard, Needs, type TenantRequest } from '../../auth/access.guard.js';
import { AnswersJson, AnswersNothing } from '../openapi-answers.js';
import { PagedBy } from '../openapi-parameters.js';
import { QueryGuard, QueryParameters } from '../query.guard.js';
import { DeadLetterRequests } from './dead-letter-requests.service.js';
import { DEAD_LETTER_ANSWERS, deadLetterPageSchema } from './dead-letters.schema.js';

/** Work of the caller's tenant that failed for good: its turns have no answer. */
@ApiTags('Dead letters')
@ApiBearerAuth()
@Needs({ scope: 'access', roles: MANAGERS })
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/dead-letters')
export class DeadLettersController {
  constructor(private readonly requests: DeadLetterRequests) {}

  @Get()
  @ApiOperation({
    summary: 'Dead letters, oldest first, in pages; every tenant’s for who manages the installation',
  })
  @PagedBy(deadLetterPageSchema.shape.cursor)
  @AnswersJson(DEAD_LETTER_ANSWERS.page, 'A page; go on while there is next_cursor, also after an empty one')
  @QueryParameters('limit', 'cursor')
  page(@Req() { caller }: TenantRequest, @Query() query: Readonly<Record<string, unknown>>) {
    return this.requests.page(caller, query);
  }

  @Post(':id/retry')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Publish the work again; its turn waits for an answer again' })
  @AnswersJson(DEAD_LETTER_ANSWERS.letter, 'The dead letter, which is gone')
  @Audited(AUDIT_RULES.deadLetterRetried)
  retry(@Req() { caller }: TenantRequest, @Param('id') id: string) {
    return this.requests.retry(caller, id);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Discard the work: it is never done' })
  @AnswersNothing('It is gone')
  @Audited(AUDIT_RULES.deadLetterDiscarded)
  discard(@Req() { caller }: TenantRequest, @Param('id') id: string) {
    return this.requests.discard(caller, id);
  }
}
