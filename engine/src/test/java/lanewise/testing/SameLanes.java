package lanewise.testing;

import static org.junit.jupiter.api.extension.ConditionEvaluationResult.disabled;
import static org.junit.jupiter.api.extension.ConditionEvaluationResult.enabled;

import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Skips a run at a forced number of lanes that are the machine's own: the run without it was the
/// same. Registered for all tests; the runs at forced lanes switch it on in `engine/pom.xml`.
public final class SameLanes implements ExecutionCondition {

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    Integer forced = Integer.getInteger("lanewise.lanes");
    int own = FloatVector.SPECIES_PREFERRED.length();
    return forced != null && forced == own
        ? disabled("the run at the machine's own lanes, %d, was the same".formatted(own))
        : enabled("other lanes than the machine's own");
  }
}
