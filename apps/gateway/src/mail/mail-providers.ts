import { AccountMails } from './account-mails.service.js';
import { MailRequests } from './mail-requests.service.js';
import { MailSender } from './mail-sender.service.js';
import { MailServer } from './mail-server.provider.js';

/** What mail to people is made of. */
export const MAIL_PROVIDERS = [MailRequests, AccountMails, MailServer, MailSender] as const;
