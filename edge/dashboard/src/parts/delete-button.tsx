// Deletes what its page is of, once that was confirmed, and goes back to the list of its kind.
import type { UseMutationResult } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { ConfirmButton } from './confirm-button.tsx';

export type ListPath = '/adapters' | '/aliases' | '/datasets' | '/evaluations' | '/scorings' | '/tunings';

interface DeleteButtonProps {
  label: string;
  title: string;
  children: ReactNode;
  remove: UseMutationResult<unknown, Error, void>;
  list: ListPath;
}

export function DeleteButton({ label, title, children, remove, list }: DeleteButtonProps) {
  const navigate = useNavigate();
  const confirmed = async () => {
    await remove.mutateAsync();
    await navigate({ to: list });
  };
  return (
    <ConfirmButton
      size="sm"
      label={label}
      title={title}
      error={remove.error}
      pending={remove.isPending}
      onConfirm={confirmed}
    >
      {children}
    </ConfirmButton>
  );
}
