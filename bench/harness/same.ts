import { warm } from '../scenarios/warm.ts'
import { post } from './post.ts'
import type { Subject } from './subjects.ts'
import { refAt, type World } from './world.ts'

const perScenario = 5

/** Throws unless all subjects give the same answers to the same questions, each with its own ids. */
export async function checkSame(subjects: readonly Subject[], world: World): Promise<void> {
  const answers = await Promise.all(subjects.map((subject) => answersOf(subject, world)))
  const [expected = [], ...others] = answers
  for (const [at, other] of others.entries()) {
    const differs = expected.findIndex((answer, n) => answer !== other[n])
    if (differs >= 0)
      throw new Error(
        `${subjects[0]?.name} and ${subjects[at + 1]?.name} differ:\n${expected[differs]}\n${other[differs]}`,
      )
  }
}

async function answersOf(subject: Subject, { issuer }: World): Promise<string[]> {
  const plain = new Map(Array.from({ length: 1000 }, (_, n) => [subject.idOf(refAt(n)), `twinning ${n}`]))
  const answers: string[] = []
  for (const { create } of warm) {
    const next = create(subject.idOf)
    for (let n = 0; n < perScenario; n++) {
      const { data } = await post(subject.url, next(), issuer.tokens[n])
      const named = (key: string, value: unknown) =>
        key === 'id' && typeof value === 'string' ? plain.get(value) : value
      answers.push(JSON.stringify(data, named))
    }
  }
  return answers
}
