// `npm run --silent documents -- 'web/**/*.graphql' 'app/**/*.tsx' > documents.json`: a manifest of the documents in
// these files, for TRUSTED_DOCUMENTS, as graphql-codegen's client preset makes it for the clients themselves.
import { fileURLToPath } from 'node:url'
import { executeCodegen } from '@graphql-codegen/cli'

const files = process.argv.slice(2)
if (files.length === 0) {
  console.error(
    "expected the files that hold the clients' documents: npm run documents -- 'web/**/*.graphql'",
  )
  process.exit(1)
}

const schema = fileURLToPath(new URL('../schema/*.graphql', import.meta.url))
const { result, error } = await executeCodegen({
  schema,
  documents: files,
  silent: true,
  config: { federation: true },
  generates: {
    'made/': {
      preset: 'client',
      presetConfig: { persistedDocuments: { hashAlgorithm: 'sha256' } },
      config: { defaultScalarType: 'unknown' },
    },
  },
})
const manifest = result.find(({ filename }) => filename.endsWith('persisted-documents.json'))
if (error || !manifest) {
  console.error(error?.message ?? 'no documents were found')
  process.exit(1)
}
console.log(manifest.content)
