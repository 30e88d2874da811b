/** What a mail may say: `{link}`, `{hours}`, `{email}` and `{organisation}` stand for what is filled in. */
export interface MailText {
  readonly subject: string;
  readonly paragraphs: readonly string[];
}

export const MAIL_TEXTS_OF = [
  'verify-email',
  'address-taken',
  'reset-password',
  'password-changed',
  'change-email',
  'email-changed',
] as const;
export type MailTextName = (typeof MAIL_TEXTS_OF)[number];

interface LanguageTexts extends Readonly<Record<MailTextName, MailText>> {
  readonly greeting: string;
}

/** By primary subtag of BCP 47; whoever's language is not here gets English. */
export const MAIL_TEXTS: Readonly<Record<string, LanguageTexts>> = {
  en: {
    greeting: 'Hello',
    'verify-email': {
      subject: 'Please confirm your e-mail address',
      paragraphs: [
        'An account at {organisation} was made with this address. Please confirm that the address is yours:',
        '{link}',
        'The link works once, within {hours} hours. If you did not make the account, you need not do anything.',
      ],
    },
    'address-taken': {
      subject: 'You have an account already',
      paragraphs: [
        'Somebody asked for an account at {organisation} with this address, which has one already. Nothing was changed.',
        'If it was you: log in, or choose a new password if you have forgotten yours.',
      ],
    },
    'reset-password': {
      subject: 'Choose a new password',
      paragraphs: [
        'Somebody asked for a new password for your account at {organisation}. Choose one here:',
        '{link}',
        'The link works once, within {hours} hour. If it was not you, your password stays as it is.',
      ],
    },
    'password-changed': {
      subject: 'Your password was changed',
      paragraphs: [
        'The password of your account at {organisation} was changed, and all log-ins have ended.',
        'If it was not you, ask for a new password at once and tell your organisation.',
      ],
    },
    'change-email': {
      subject: 'Please confirm your new e-mail address',
      paragraphs: [
        'This address is to be the one of an account at {organisation}. Please confirm that it is yours:',
        '{link}',
        'The link works once, within {hours} hours. If you did not ask for this, you need not do anything.',
      ],
    },
    'email-changed': {
      subject: 'The e-mail address of your account was changed',
      paragraphs: [
        'The address of your account at {organisation} is another one now; this one is not used any more.',
        'If it was not you, tell your organisation at once.',
      ],
    },
  },
  de: {
    greeting: 'Guten Tag',
    'verify-email': {
      subject: 'Bitte bestätigen Sie Ihre E-Mail-Adresse',
      paragraphs: [
        'Mit dieser Adresse wurde ein Konto bei {organisation} angelegt. Bitte bestätigen Sie, dass die Adresse Ihnen gehört:',
        '{link}',
        'Der Link gilt einmal, {hours} Stunden lang. Wenn Sie kein Konto angelegt haben, brauchen Sie nichts zu tun.',
      ],
    },
    'address-taken': {
      subject: 'Sie haben schon ein Konto',
      paragraphs: [
        'Jemand wollte mit dieser Adresse ein Konto bei {organisation} anlegen, zu der es schon eines gibt. Es wurde nichts geändert.',
        'Wenn Sie es waren: Melden Sie sich an, oder wählen Sie ein neues Passwort, falls Sie Ihres vergessen haben.',
      ],
    },
    'reset-password': {
      subject: 'Wählen Sie ein neues Passwort',
      paragraphs: [
        'Jemand hat für Ihr Konto bei {organisation} ein neues Passwort verlangt. Hier können Sie es wählen:',
        '{link}',
        'Der Link gilt einmal, {hours} Stunde lang. Wenn Sie es nicht waren, bleibt Ihr Passwort, wie es ist.',
      ],
    },
    'password-changed': {
      subject: 'Ihr Passwort wurde geändert',
      paragraphs: [
        'Das Passwort Ihres Kontos bei {organisation} wurde geändert; alle Anmeldungen sind beendet.',
        'Wenn Sie es nicht waren, verlangen Sie sofort ein neues Passwort und benachrichtigen Sie Ihre Organisation.',
      ],
    },
    'change-email': {
      subject: 'Bitte bestätigen Sie Ihre neue E-Mail-Adresse',
      paragraphs: [
        'Diese Adresse soll die eines Kontos bei {organisation} werden. Bitte bestätigen Sie, dass sie Ihnen gehört:',
        '{link}',
        'Der Link gilt einmal, {hours} Stunden lang. Wenn Sie das nicht verlangt haben, brauchen Sie nichts zu tun.',
      ],
    },
    'email-changed': {
      subject: 'Die E-Mail-Adresse Ihres Kontos wurde geändert',
      paragraphs: [
        'Ihr Konto bei {organisation} hat jetzt eine andere Adresse; diese wird nicht mehr verwendet.',
        'Wenn Sie es nicht waren, benachrichtigen Sie sofort Ihre Organisation.',
      ],
    },
  },
  es: {
    greeting: 'Hola',
    'verify-email': {
      subject: 'Confirme su dirección de correo',
      paragraphs: [
        'Se ha creado una cuenta en {organisation} con esta dirección. Confirme que es suya:',
        '{link}',
        'El enlace sirve una vez, durante {hours} horas. Si usted no ha creado la cuenta, no tiene que hacer nada.',
      ],
    },
    'address-taken': {
      subject: 'Usted ya tiene una cuenta',
      paragraphs: [
        'Alguien ha pedido una cuenta en {organisation} con esta dirección, que ya tiene una. No se ha cambiado nada.',
        'Si ha sido usted: inicie sesión, o elija una contraseña nueva si ha olvidado la suya.',
      ],
    },
    'reset-password': {
      subject: 'Elija una contraseña nueva',
      paragraphs: [
        'Alguien ha pedido una contraseña nueva para su cuenta en {organisation}. Elíjala aquí:',
        '{link}',
        'El enlace sirve una vez, durante {hours} hora. Si no ha sido usted, su contraseña no cambia.',
      ],
    },
    'password-changed': {
      subject: 'Se ha cambiado su contraseña',
      paragraphs: [
        'Se ha cambiado la contraseña de su cuenta en {organisation}, y todas las sesiones se han cerrado.',
        'Si no ha sido usted, pida enseguida una contraseña nueva y avise a su organización.',
      ],
    },
    'change-email': {
      subject: 'Confirme su nueva dirección de correo',
      paragraphs: [
        'Esta dirección será la de una cuenta en {organisation}. Confirme que es suya:',
        '{link}',
        'El enlace sirve una vez, durante {hours} horas. Si usted no lo ha pedido, no tiene que hacer nada.',
      ],
    },
    'email-changed': {
      subject: 'Se ha cambiado la dirección de su cuenta',
      paragraphs: [
        'Su cuenta en {organisation} tiene ahora otra dirección; esta ya no se usa.',
        'Si no ha sido usted, avise enseguida a su organización.',
      ],
    },
  },
  fr: {
    greeting: 'Bonjour',
    'verify-email': {
      subject: 'Confirmez votre adresse électronique',
      paragraphs: [
        'Un compte chez {organisation} a été créé avec cette adresse. Confirmez qu’elle est la vôtre :',
        '{link}',
        'Le lien sert une fois, pendant {hours} heures. Si vous n’avez pas créé ce compte, vous n’avez rien à faire.',
      ],
    },
    'address-taken': {
      subject: 'Vous avez déjà un compte',
      paragraphs: [
        'Quelqu’un a demandé un compte chez {organisation} avec cette adresse, qui en a déjà un. Rien n’a été changé.',
        'Si c’était vous : connectez-vous, ou choisissez un nouveau mot de passe si vous avez oublié le vôtre.',
      ],
    },
    'reset-password': {
      subject: 'Choisissez un nouveau mot de passe',
      paragraphs: [
        'Quelqu’un a demandé un nouveau mot de passe pour votre compte chez {organisation}. Choisissez-le ici :',
        '{link}',
        'Le lien sert une fois, pendant {hours} heure. Si ce n’était pas vous, votre mot de passe reste le même.',
      ],
    },
    'password-changed': {
      subject: 'Votre mot de passe a été changé',
      paragraphs: [
        'Le mot de passe de votre compte chez {organisation} a été changé, et toutes les connexions sont terminées.',
        'Si ce n’était pas vous, demandez tout de suite un nouveau mot de passe et prévenez votre organisation.',
      ],
    },
    'change-email': {
      subject: 'Confirmez votre nouvelle adresse électronique',
      paragraphs: [
        'Cette adresse doit devenir celle d’un compte chez {organisation}. Confirmez qu’elle est la vôtre :',
        '{link}',
        'Le lien sert une fois, pendant {hours} heures. Si vous ne l’avez pas demandé, vous n’avez rien à faire.',
      ],
    },
    'email-changed': {
      subject: 'L’adresse de votre compte a été changée',
      paragraphs: [
        'Votre compte chez {organisation} a maintenant une autre adresse ; celle-ci n’est plus utilisée.',
        'Si ce n’était pas vous, prévenez tout de suite votre organisation.',
      ],
    },
  },
};
