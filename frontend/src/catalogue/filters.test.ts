import { describe, expect, it } from 'vitest';
import { parseFilters, toQuery, toSearchParams } from './filters';

const filters = { q: 'oak & ash', category: 'garden/yard', sort: 'price-desc', inStock: true } as const;

describe('the filters in the address', () => {
  it('given filters, when they are written to the address and read again, then they are the same', () => {
    expect(parseFilters(new URLSearchParams(toSearchParams(filters).toString()))).toEqual(filters);
  });

  it('given no filters, when they are written to the address, then it is empty', () => {
    expect(toSearchParams(parseFilters(new URLSearchParams())).toString()).toBe('');
  });

  it.each([
    ['cheapest', 'price-asc'],
    ['dearest', 'price-desc'],
  ])('given an old link that sorts by %s, when it is read, then the order is %s', (former, sort) => {
    expect(parseFilters(new URLSearchParams({ sort: former })).sort).toBe(sort);
  });

  it('given an invalid address, when it is read, then there are no filters', () => {
    expect(parseFilters(new URLSearchParams('sort=toString&stock=perhaps'))).toEqual({
      q: '',
      category: null,
      sort: 'featured',
      inStock: false,
    });
  });
});

it('given filters, when the API is called, then only set filters are sent, with the names of the API', () => {
  expect(toQuery(filters)).toEqual({
    q: 'oak & ash',
    categoryName: 'garden/yard',
    sort: '-price',
    in_stock: true,
  });
  expect(toQuery(parseFilters(new URLSearchParams()))).toEqual({});
});
