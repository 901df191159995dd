/** The agent was told to stop before there was a verdict. */
export class StoppedMeanwhile extends Error {
  override readonly name = 'StoppedMeanwhile';
  constructor() {
    super(
      'the agent was told to stop while a change was being verified; it is judged when the agent runs again',
    );
  }
}
