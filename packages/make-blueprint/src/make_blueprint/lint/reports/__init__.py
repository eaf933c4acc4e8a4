"""Reports: findings as text for people, as JSON, SARIF and JUnit for programs."""
