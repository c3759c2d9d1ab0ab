import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { SearchField } from './SearchField';

function shown() {
  const search = vi.fn<(q: string) => void>();
  const field = (q: string) => <SearchField label="Search" className="x" q={q} search={search} />;
  const { rerender } = render(field(''));
  const input = screen.getByRole('searchbox', { name: 'Search' });
  return { search, input, draw: (q: string) => rerender(field(q)), user: userEvent.setup() };
}

it('given a page that is slow to draw, when somebody types on meanwhile, then no letter is lost', async () => {
  const { search, input, draw, user } = shown();
  await user.type(input, 'la');
  await vi.waitFor(() => expect(search).toHaveBeenCalledWith('la'));
  await user.type(input, 'm');
  draw('la');
  expect(input).toHaveValue('lam');
  await vi.waitFor(() => expect(search).toHaveBeenLastCalledWith('lam'));
});

it('given what was searched for, when the address changes by another way, then the field follows', async () => {
  const { search, input, draw, user } = shown();
  await user.type(input, 'lamp');
  await vi.waitFor(() => expect(search).toHaveBeenCalledWith('lamp'));
  draw('lamp');
  draw('');
  expect(input).toHaveValue('');
});
