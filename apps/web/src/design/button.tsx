import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { Icon, type IconName } from './icons.tsx';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: 'plain' | 'primary' | 'danger' | 'quiet';
  readonly small?: boolean;
  readonly icon?: IconName | undefined;
  /** Its work is under way: it says so and does nothing more. */
  readonly busy?: boolean;
  readonly children?: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function buttonClass(look: NonNullable<ButtonProps['look']> = 'plain', small = false): string {
  return `button button-${look}${small ? ' button-small' : ''}`;
}

export function Button({
  look = 'plain',
  small = false,
  icon,
  busy = false,
  children,
  className,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={`${buttonClass(look, small)}${className === undefined ? '' : ` ${className}`}`}
      disabled={rest.disabled === true || busy}
      aria-busy={busy}
    >
      {icon !== undefined && <Icon name={icon} size={small ? 14 : 16} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ButtonProps, 'children' | 'icon'> {
  readonly icon: IconName;
  readonly label: string;
}

export function IconButton({ icon, label, small = false, look = 'quiet', className, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={`${buttonClass(look, small)} button-icon${className === undefined ? '' : ` ${className}`}`}
      aria-label={label}
      title={label}
    >
      <Icon name={icon} size={small ? 14 : 16} />
    </button>
  );
}
