// One supergraph out of several subgraphs, by each of the composers that gateways use.
import { composeServices as composeByApollo } from '@apollo/composition'
import { composeSchemaContract, composeServices as composeByHive } from '@theguild/federation-composition'
import { federateSubgraphs, federateSubgraphsWithContracts } from '@wundergraph/composition'
import { parse, print, printSchema } from 'graphql'

/** A subgraph as a composer wants it: its name in the graph, its SDL, and where it is served. */
export type Subgraph = { readonly name: string; readonly sdl: string; readonly url: string }

/** What a gateway is given, as SDL, or why there is none. */
export type Composition = { readonly sdl: string } | { readonly errors: readonly string[] }

/** What clients see of the graph if only what bears this `@tag` is let through, or why that can't be. */
export type Contract = Composition

/** For Apollo Router and the JavaScript `@apollo/gateway`. */
export function composeForApollo(subgraphs: readonly Subgraph[]): Composition {
  const { supergraphSdl, errors } = composeByApollo(definitionsOf(subgraphs))
  return supergraphSdl === undefined ? failed(errors) : { sdl: supergraphSdl }
}

/** For Hive Gateway and Hive Router. */
export function composeForHive(subgraphs: readonly Subgraph[]): Composition {
  const { supergraphSdl, errors } = composeByHive(definitionsOf(subgraphs))
  return supergraphSdl === undefined ? failed(errors) : { sdl: supergraphSdl }
}

/** For Cosmo Router: the graph's schema, which its `wgc router compose` makes a configuration of. */
export function composeForCosmo(subgraphs: readonly Subgraph[]): Composition {
  const result = federateSubgraphs({ subgraphs: cosmoSubgraphs(subgraphs) })
  return result.success ? { sdl: print(result.federatedGraphAST) } : failed(result.errors)
}

export function cutContractByHive(subgraphs: readonly Subgraph[], tag: string): Contract {
  const filter = { include: new Set([tag]), exclude: new Set<string>() }
  const { publicSdl, errors } = composeSchemaContract(definitionsOf(subgraphs), filter)
  return publicSdl === undefined ? failed(errors) : { sdl: publicSdl }
}

export function cutContractByCosmo(subgraphs: readonly Subgraph[], tag: string): Contract {
  const filter = { tagNamesToInclude: new Set([tag]), tagNamesToExclude: new Set<string>() }
  const whole = federateSubgraphsWithContracts({
    subgraphs: cosmoSubgraphs(subgraphs),
    tagOptionsByContractName: new Map([[tag, filter]]),
  })
  if (!whole.success) return failed(whole.errors)
  const contract = whole.federationResultByContractName.get(tag)
  if (!contract?.success) return failed(contract?.errors)
  return { sdl: printSchema(contract.federatedGraphClientSchema) }
}

function definitionsOf(subgraphs: readonly Subgraph[]) {
  return subgraphs.map(({ name, sdl, url }) => ({ name, url, typeDefs: parse(sdl) }))
}

function cosmoSubgraphs(subgraphs: readonly Subgraph[]) {
  return subgraphs.map(({ name, sdl, url }) => ({ name, url, definitions: parse(sdl) }))
}

function failed(errors: readonly Error[] = []): { errors: readonly string[] } {
  return { errors: errors.map(({ message }) => message) }
}
