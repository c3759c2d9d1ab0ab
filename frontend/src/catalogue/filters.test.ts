import { describe, expect, it } from 'vitest';
import { filtersFrom, questionOf, searchFrom } from './filters';

const filters = { q: 'oak & ash', category: 'garden/yard', sort: 'dearest', inStock: true } as const;

describe('the filters in the address', () => {
  it('given filters, when they go through the address, then they are the same', () => {
    expect(filtersFrom(new URLSearchParams(searchFrom(filters).toString()))).toEqual(filters);
  });

  it('given the plain catalogue, when its address is made, then it is empty', () => {
    expect(searchFrom(filtersFrom(new URLSearchParams())).toString()).toBe('');
  });

  it('given an address that somebody made up, when it is read, then it is the plain catalogue', () => {
    expect(filtersFrom(new URLSearchParams('sort=toString&stock=perhaps'))).toEqual({
      q: '',
      category: null,
      sort: 'listed',
      inStock: false,
    });
  });
});

it('given filters, when the shop is asked, then it is in its own words, and of the plain catalogue nothing is said', () => {
  expect(questionOf(filters)).toEqual({
    q: 'oak & ash',
    categoryName: 'garden/yard',
    sort: '-price',
    in_stock: true,
  });
  expect(questionOf(filtersFrom(new URLSearchParams()))).toEqual({});
});
