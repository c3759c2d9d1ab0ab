import { act, fireEvent, render, screen } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Notices } from './Notices';
import { notify } from './notices';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('given a message, when it has the focus or the pointer, then it does not go away', () => {
  render(
    <MemoryRouter>
      <Notices />
    </MemoryRouter>,
  );
  act(() => notify({ tone: 'good', text: 'A chair is in your cart.' }));
  const pass = () => act(() => vi.advanceTimersByTime(20_000));
  const message = screen.getByText('A chair is in your cart.');

  fireEvent.mouseEnter(message.parentElement ?? message);
  pass();
  expect(message).toBeInTheDocument();

  act(() => screen.getByRole('button', { name: 'Close this message' }).focus());
  fireEvent.mouseLeave(message.parentElement ?? message);
  pass();
  expect(message).toBeInTheDocument();

  act(() => screen.getByRole('button', { name: 'Close this message' }).blur());
  pass();
  expect(message).not.toBeInTheDocument();
});
