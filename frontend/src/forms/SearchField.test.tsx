import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { SearchField } from './SearchField';

function renderField() {
  const search = vi.fn<(q: string) => void>();
  const field = (q: string) => <SearchField label="Search" q={q} search={search} />;
  const { rerender } = render(field(''));
  const input = screen.getByRole('searchbox', { name: 'Search' });
  return { search, input, rerender: (q: string) => rerender(field(q)), user: userEvent.setup() };
}

it('given a page that renders late, when the user types on meanwhile, then no letter is lost', async () => {
  const { search, input, rerender, user } = renderField();
  await user.type(input, 'la');
  await vi.waitFor(() => expect(search).toHaveBeenCalledWith('la'));
  await user.type(input, 'm');
  rerender('la');
  expect(input).toHaveValue('lam');
  await vi.waitFor(() => expect(search).toHaveBeenLastCalledWith('lam'));
});

it('given a search, when the address changes by navigation, then the field follows', async () => {
  const { search, input, rerender, user } = renderField();
  await user.type(input, 'lamp');
  await vi.waitFor(() => expect(search).toHaveBeenCalledWith('lamp'));
  rerender('lamp');
  rerender('');
  expect(input).toHaveValue('');
});
