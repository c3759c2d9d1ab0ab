import { render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { Dialog } from './Dialog';

it.each([
  [false, 1],
  [true, 0],
])(
  'given a dirty form: %s, when Escape is pressed, then the dialog closes %i times',
  async (isDirty, times) => {
    const close = vi.fn<() => void>();
    const form = { error: undefined, isDirty, isSubmitting: false, onSubmit: vi.fn() };
    render(
      <Dialog title="Edit" action="Save" form={form} close={close}>
        <input aria-label="Name" />
      </Dialog>,
    );
    await userEvent.click(screen.getByRole('textbox', { name: 'Name' }));
    await userEvent.keyboard('{Escape}');
    expect(close).toHaveBeenCalledTimes(times);
    await userEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(close).toHaveBeenCalledTimes(times + 1);
  },
);
