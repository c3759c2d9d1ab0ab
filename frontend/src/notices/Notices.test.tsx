import { act, fireEvent, render, screen } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Notices } from './Notices';
import { notify } from './noticeStore';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('given a message, when it has the focus or the pointer, then it does not close', () => {
  render(
    <MemoryRouter>
      <Notices />
    </MemoryRouter>,
  );
  act(() => notify({ severity: 'success', text: 'Chair added to your cart.' }));
  const advance = () => act(() => vi.advanceTimersByTime(20_000));
  const message = screen.getByText('Chair added to your cart.');

  fireEvent.mouseEnter(message.parentElement ?? message);
  advance();
  expect(message).toBeInTheDocument();

  act(() => screen.getByRole('button', { name: 'Close this message' }).focus());
  fireEvent.mouseLeave(message.parentElement ?? message);
  advance();
  expect(message).toBeInTheDocument();

  act(() => screen.getByRole('button', { name: 'Close this message' }).blur());
  advance();
  expect(message).not.toBeInTheDocument();
});
